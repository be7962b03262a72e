"""A client of parley.v1 with no library: logs in, follows, sends, prints what comes, resumes after breaks.
   python3 client.py URL LOGIN PASSWORD [CONVERSATION TEXT]"""
import base64, json, os, random, socket, ssl, struct, sys, time, urllib.error, urllib.request, uuid
from urllib.parse import urlsplit
class Connection:
    def __init__(self, url):
        self.buffer, self.beat, self.due, at = b"", 10.0, float("inf"), urlsplit(url)
        tls, key = ssl.create_default_context(), base64.b64encode(os.urandom(16)).decode()
        self.link = socket.create_connection((at.hostname, at.port or {"https": 443}.get(at.scheme, 80)), timeout=10)
        if at.scheme == "https": self.link = tls.wrap_socket(self.link, server_hostname=at.hostname)
        self.link.sendall((f"GET /v1/socket HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket"
            "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: parley.v1\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer: self.more()
        answer, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101 "): raise ConnectionError(answer.decode())
    def more(self): # waits for bytes, and sends the heartbeats that are due meanwhile
        self.link.settimeout(self.beat / 4)
        try: self.buffer += self.link.recv(65536) or self.lost("the connection is gone")
        except TimeoutError: pass
        if time.monotonic() > self.due: self.due += self.beat; self.write({"heartbeat": {}})
    def lost(self, why): self.link.close(); raise ConnectionError(why)
    def take(self, size):
        while len(self.buffer) < size: self.more()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]; return taken
    def write(self, value): # one frame, masked as every client's must be
        data, mask = json.dumps(value).encode(), os.urandom(4)
        form = ("!B", 128 | len(data)) if len(data) < 126 else ("!BH", 254, len(data)) if len(data) < 65536 else ("!BQ", 255, len(data))
        self.link.sendall(b"\x81" + struct.pack(*form) + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))
    def frames(self):
        while True:
            kind, size = self.take(2)
            if size > 125: size, = struct.unpack("!H" if size == 126 else "!Q", self.take(2 if size == 126 else 8))
            data = self.take(size)
            if kind == 0x88: self.lost(f"closed with {int.from_bytes(data[:2], 'big')}")
            if kind == 0x81: yield json.loads(data)
def login(url, name, password):
    body = json.dumps({"login": name, "password": password}).encode()
    request = urllib.request.Request(url + "/v1/auth/login", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply: return json.load(reply)["access_token"]

url, name, password, *words = sys.argv[1:]
unsent = {"conversation": words[0], "id": str(uuid.uuid4()), "text": words[1]} if words else None
cursors = {} # for each topic the highest number that was handled
while True:
    try:
        connection = Connection(url)
        connection.write({"authenticate": {"scheme": "Bearer", "credential": login(url, name, password)}})
        for frame in connection.frames():
            if "hello" in frame:
                connection.beat, connection.due = frame["hello"]["heartbeat_ms"] / 1000, time.monotonic()
                connection.write({"resume": {"cursors": cursors}})
                if unsent: connection.write({"id": 1, "method": "messaging.send", "params": unsent}) # same id
            elif "resumed" in frame: cursors = {**frame["resumed"]["topics"], **cursors}
            elif "gap" in frame: cursors[frame["gap"]["topic"]] = frame["gap"]["head"] # see messaging.history
            elif "seq" in frame: cursors[frame["topic"]] = frame["seq"]
            elif frame.get("id") == 1: unsent = None
            if not frame.keys() & {"hello", "heartbeat"}: print(json.dumps(frame), flush=True)
    except urllib.error.HTTPError: raise # a wrong password does not become right
    except OSError as problem: print(problem, file=sys.stderr); time.sleep(random.uniform(0.5, 1.5))
