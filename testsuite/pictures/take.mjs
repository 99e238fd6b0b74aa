import { writeFileSync } from "node:fs";
writeFileSync("/tmp/pics/args.json", process.argv[2]);
console.log(process.argv[2]);
await new Promise(r => { process.on("SIGINT", r); setInterval(()=>{}, 1000) });
