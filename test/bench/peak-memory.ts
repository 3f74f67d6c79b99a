/** Preloaded into a measured process: tells its peak memory, and the processor time it took, when it ends. */
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write(`\npeak-rss-kib ${maxRSS}\ncpu-us ${userCPUTime + systemCPUTime}\n`);
});
