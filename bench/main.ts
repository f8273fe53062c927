/** What `npm run bench` starts: `growth` or `soak` by name, else the table of workloads. */
const [name, ...args] = process.argv.slice(2);
switch (name) {
  case 'growth': {
    const { main } = await import('./growth/main.js');
    process.exitCode = await main(args);
    break;
  }
  case 'soak': {
    const { main } = await import('./soak/main.js');
    process.exitCode = await main(args);
    break;
  }
  default:
    await import('./load/main.js');
}
