// A stock @grpc/grpc-js client of the admin API. Prints what it saw as one JSON object.
const [, , address, proto, modules] = process.argv;
const grpc = require(`${modules}/@grpc/grpc-js`);
const loader = require(`${modules}/@grpc/proto-loader`);
const contract = grpc.loadPackageDefinition(loader.loadSync('trafficctl/v1/rollouts.proto', { includeDirs: [proto], keepCase: true }));
const client = new contract.trafficctl.v1.Rollouts(address, grpc.credentials.createInsecure());
const seen = {};

const call = (method, request, milliseconds = 60000) => new Promise((resolve, reject) =>
  client[method](request, { deadline: Date.now() + milliseconds }, (error, answer) => (error ? reject(error) : resolve(answer))));
const refused = promise => promise.then(() => null, error => error);

(async () => {
  const status = await call('GetService', { service: 'checkout' });
  seen.unary = status.rollout.phase;
  seen.missing = status.file_stable !== undefined && status.file_stable !== '';
  const unknown = await refused(call('GetService', { service: 'chekout' }));
  const details = unknown.metadata.get('grpc-status-details-bin')[0];
  seen.error = [grpc.status[unknown.code], unknown.details, details.includes('UNKNOWN_SERVICE')];
  const stream = client.Watch({ service: 'checkout' });
  await new Promise((resolve, reject) => {
    stream.once('data', answer => { seen.stream = answer.service; stream.cancel(); });
    stream.once('error', error => { seen.cancelled = grpc.status[error.code]; resolve(); });
    stream.once('end', () => reject(new Error('the stream ended')));
  });
  seen.large = grpc.status[(await refused(call('MakeWish', { service: 'checkout', kind: 'pause', reason: 'x'.repeat(70000) }))).code];
  seen.deadline = grpc.status[(await refused(call('MakeWish', { service: 'checkout', kind: 'pause' }, 500))).code];
  seen.list = (await call('ListServices', {})).services.length;
  client.close();
  const bytes = [b => b, b => b];
  const raw = new grpc.Client(address, grpc.credentials.createInsecure());
  seen.health = (await new Promise((resolve, reject) => raw.makeUnaryRequest(
    '/grpc.health.v1.Health/Check', ...bytes, Buffer.alloc(0), (error, answer) => (error ? reject(error) : resolve(answer))))).toString('hex');
  const reflection = raw.makeBidiStreamRequest('/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo', ...bytes);
  reflection.write(Buffer.from([0x3a, 0x00]));
  seen.reflection = await new Promise((resolve, reject) => {
    reflection.once('data', answer => resolve(answer.includes('trafficctl.v1.Rollouts')));
    reflection.once('error', reject);
  });
  reflection.cancel();
  raw.close();
  console.log(JSON.stringify(seen));
})().catch(error => { console.error(error); process.exit(1); });
