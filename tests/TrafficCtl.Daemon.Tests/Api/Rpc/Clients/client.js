// A stock @grpc/grpc-js client of the admin API. Prints what it saw as one JSON object.
const [, , address, proto, modules, descriptors] = process.argv;
const grpc = require(`${modules}/@grpc/grpc-js`);
const loader = require(`${modules}/@grpc/proto-loader`);
const protobuf = require(`${modules}/protobufjs`);
const descriptor = require(`${modules}/protobufjs/ext/descriptor`);
const bytes = require('fs').readFileSync(descriptors);
const types = protobuf.Root.fromDescriptor(descriptor.FileDescriptorSet.decode(bytes));
const contract = grpc.loadPackageDefinition(loader.loadSync('trafficctl/v1/rollouts.proto', { includeDirs: [proto], keepCase: true }));
const others = grpc.loadPackageDefinition(loader.loadFileDescriptorSetFromBuffer(bytes, { keepCase: true }));
const credentials = () => grpc.credentials.createInsecure();
const client = new contract.trafficctl.v1.Rollouts(address, credentials());
const judging = new contract.trafficctl.v1.Judging(address, credentials());
const health = new others.grpc.health.v1.Health(address, credentials());
const reflection = new others.grpc.reflection.v1.ServerReflection(address, credentials());
const seen = {};

const deadline = (milliseconds = 60000) => ({ deadline: Date.now() + milliseconds });
const call = (of, method, request, milliseconds) => new Promise((resolve, reject) =>
  of[method](request, deadline(milliseconds), (error, answer) => (error ? reject(error) : resolve(answer))));
const refused = promise => promise.then(() => { throw new Error('it was not refused'); }, error => error);
const first = (stream, isIt = () => true) => new Promise((resolve, reject) => {
  stream.on('data', answer => { if (isIt(answer)) resolve(answer); });
  stream.on('error', reject);
  stream.on('end', () => reject(new Error('the stream ended')));
});
const failure = stream => new Promise((resolve, reject) => {
  stream.on('data', () => {});
  stream.on('error', resolve);
  stream.on('end', () => reject(new Error('the stream ended')));
});
const details = error => Object.fromEntries(
  types.lookupType('google.rpc.Status').decode(error.metadata.get('grpc-status-details-bin')[0]).details.map(any => {
    const name = any.type_url.split('/').pop();
    const type = types.lookupType(name);
    return [name, type.toObject(type.decode(any.value))];
  }));
const field = (of, name) => of[name] ?? of[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())];

(async () => {
  const status = await call(client, 'GetService', { service: 'checkout' });
  seen.unary = status.rollout.phase;
  seen.missing = status.file_stable !== undefined && status.file_stable !== '';

  const unknown = await refused(call(client, 'GetService', { service: 'chekout' }));
  const { 'google.rpc.ErrorInfo': info, 'google.rpc.ResourceInfo': resource } = details(unknown);
  seen.error = [grpc.status[unknown.code], unknown.details, info.domain, info.reason, field(resource, 'resource_type'), field(resource, 'resource_name')];
  const wrong = await refused(call(client, 'MakeWish', { service: 'checkout', kind: 'pause', reason: 'two\nlines' }));
  seen.field = [grpc.status[wrong.code], field(details(wrong)['google.rpc.BadRequest'], 'field_violations')[0].field];

  const stream = client.Watch({ service: 'checkout' }, deadline());
  seen.stream = (await first(stream)).service;
  const ended = failure(stream);
  stream.cancel();
  seen.cancelled = grpc.status[(await ended).code];
  seen['deadline of a watch'] = grpc.status[(await failure(client.Watch({ service: 'checkout' }, deadline(500)))).code];

  const withReason = length => call(client, 'MakeWish', { service: 'checkout', kind: 'pause', reason: 'x'.repeat(length) });
  seen.near = grpc.status[(await refused(withReason(65000))).code];
  seen.large = grpc.status[(await refused(withReason(66000))).code];
  seen.deadline = grpc.status[(await refused(call(client, 'MakeWish', { service: 'checkout', kind: 'pause' }, 500))).code];
  seen.list = (await call(client, 'ListServices', {})).services.length;

  const judge = judging.Judge(deadline());
  for (const arm of ['stable', 'candidate']) judge.write({ windows: [{ t: 5, arm, requests: 100, errors: 0 }] });
  judge.end();
  seen.judge = [(await first(judge)).verdict];

  const names = ['', 'trafficctl.v1.Rollouts', 'trafficctl.v1.Journal', 'trafficctl.v1.Judging'];
  seen.health = [];
  for (const service of names) seen.health.push((await call(health, 'Check', { service })).status);
  seen['health of none'] = grpc.status[(await refused(call(health, 'Check', { service: 'none' }))).code];
  const watch = health.Watch({ service: '' }, deadline());
  seen['health watch'] = (await first(watch, answer => answer.status === 1)).status;
  watch.on('error', () => {});
  watch.cancel();

  const reflect = reflection.ServerReflectionInfo(deadline());
  reflect.write({ list_services: '', listServices: '' });
  seen.reflection = field(await first(reflect), 'list_services_response').service.map(service => service.name).sort();
  reflect.on('error', () => {});
  reflect.cancel();
  for (const one of [client, judging, health, reflection]) one.close();
  console.log(JSON.stringify(seen));
})().catch(error => { console.error(error); process.exit(1); });
