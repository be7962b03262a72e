import { Server } from "./server.mjs"; import { SocketClient } from "./socket_client.mjs"; import { register, direct, uuid7, send } from "./rest_client.mjs"; import { openBrowser, openWindow } from "./browser.mjs";
const s = await Server.start(); const br = await openBrowser(); try {
const ann = await openWindow(br, s); await ann.register("ann_x","Ann"); const other=await register(s);
const { account } = await ann.page.evaluate(() => JSON.parse(sessionStorage.getItem("parley.session"))); const {id}=await direct(s,other,{account}); await send(s,other,id,"long ago");
await ann.page.getByRole("navigation").getByRole("link").first().click(); await ann.shows(["long ago"]);
ann.page.on("console",m=>console.log("C",m.text()));
ann.page.on("websocket",w=>{console.log(Date.now()%1e6,"ws open"); w.on("close",()=>console.log(Date.now()%1e6,"ws close")); let n=0; w.on("framereceived",f=>{n++; if(n%1000===0||/resumed|hello|draining/.test(f.payload)) console.log(Date.now()%1e6,n,String(f.payload).slice(0,90))});});
const port=s.port; await s.kill(); s.config.listen[0].port=0; await s.launch(); const w=await SocketClient.open(s,other);
for (let i=0;i<4500;i+=50) await Promise.all(Array.from({length:50},(_,k)=>w.call("messaging.send",{conversation:id,id:uuid7(),text:`missed ${i+k}`})));
await w.close(); await s.kill(); s.config.listen[0].port=port; await s.launch(); console.log(Date.now()%1e6,"up");
for (let i=0;i<8;i++){ await new Promise(r=>setTimeout(r,1500)); const t=Date.now(); console.log(Date.now()%1e6, await Promise.race([ann.page.evaluate(()=>[document.querySelectorAll("[role=log] .message").length, document.querySelector(".link-state").textContent]), new Promise(r=>setTimeout(r,4000,"stuck"))]), Date.now()-t); }
} finally { await br.close(); s.child.kill("SIGKILL"); } console.log(s.log.split("\n").slice(-5).join("\n")); process.exit(0)
