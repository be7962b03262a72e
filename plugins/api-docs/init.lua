-- The page is files, which the kernel serves by the manifest's `assets`.
return require "parley".plugin()
