// What Parley is measured against: whatever one client sends goes to all, as it came. No storage, no
// permissions, no JSON: as little as a relay on npm `ws` can do.
//   node relay.mjs PORT
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    for (const client of server.clients) client.send(data, { binary: false });
  });
});
