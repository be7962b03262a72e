local plugin = = 1
