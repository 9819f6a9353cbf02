export default {
  files: ['{agent,bench,campaign,centre,contract,deploy,drivers,flows,models,ota,scripts,test}/**/*.test.ts'],
  extensions: ['ts'],
  timeout: '4m',
  workerThreads: false,
  concurrency: 2,
};
