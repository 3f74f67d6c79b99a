/** Settings that lead an SDK's client to the fake. */
export const toFake = (url: string) => ({
  endpoint: url,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-secret' },
  forcePathStyle: true,
  maxAttempts: 1,
});
