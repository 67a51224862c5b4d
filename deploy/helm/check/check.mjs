// Renders the chart with Helm itself and checks what comes out: against the schemas of Kubernetes, KEDA and the Prometheus operator, unknown
// fields included (by the compiler, from the same schemas), and for names that refer to nothing. Run by .ci/helm-check, which brings the packages.
//   node check.mjs HELM CHART PACKAGES     PACKAGES: a folder with node_modules
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const [helm, chart, packages] = process.argv.slice(2);
const require = createRequire(join(packages, 'package.json'));
const {parseAllDocuments} = require('yaml');
const every = ['ingress.enabled=true', 'serviceMonitor.enabled=true', 'tls.existingSecret=labeler-tls', 'server.extraArgs={--reflection=false}'];
const cases = {
  'as it comes': [],
  'everything on': every,
  'everything off': [
    'server.autoscaling.enabled=false', 'server.disruptionBudget.enabled=false', 'trainer.autoscaling.enabled=false', 'networkPolicy.enabled=false',
    'serviceAccount.create=false',
  ],
  'Prometheus as scaler': ['trainer.autoscaling.scaler=prometheus', 'trainer.concurrency=4'],
  'other names': [...every, 'fullnameOverride=other', 'nameOverride=another', 'image.server.tag=1.2.3', 'adminKey.key=my.key'],
};
const refused = {
  'server.replicas=0': '/server/replicas',
  'trainer.autoscaling.scaler=cron': '/trainer/autoscaling/scaler',
  'server.service.grpcPort=99999': '/server/service/grpcPort',
  'server.terminationGracePeriodSeconds=10': '/server/terminationGracePeriodSeconds',
  'database.existingSecret=': '/database/existingSecret',
  'serverr.replicas=3': 'serverr',
  'logFormat=xml': '/logFormat',
};

function render(values) {
  const text = execFileSync(helm, ['template', 'release', chart, '--namespace', 'labeler', ...values.flatMap(value => ['--set', value])], {encoding: 'utf8'});
  return parseAllDocuments(text).map(document => document.toJS()).filter(document => document);
}

function fail(message) {
  throw new Error(message);
}

function moduleOf({apiVersion, kind}) {
  const group = apiVersion.split('/')[0];
  const name = group === 'keda.sh' ? '@kubernetes-models/keda' : group === 'monitoring.coreos.com' ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  return `${name}/${apiVersion}/${kind}`;
}

async function checkSchema(document) {
  const type = (await import(pathToFileURL(join(packages, 'node_modules', `${moduleOf(document)}.js`)).href))[document.kind] ?? fail(`no schema of ${document.apiVersion} ${document.kind}`);
  new type(document).validate();
}

// What refers to something: it must be there.
function checkNames(documents) {
  const of = kind => documents.filter(document => document.kind === kind);
  const selects = (selector, labels) => Object.entries(selector).every(([key, value]) => labels[key] === value);
  const ids = documents.map(document => `${document.kind} ${document.metadata.name}`);
  new Set(ids).size === ids.length || fail(`a name is given twice: ${ids}`);
  const pods = of('Deployment').map(({metadata, spec}) => {
    selects(spec.selector.matchLabels, spec.template.metadata.labels) || fail(`${metadata.name} does not select its pods`);
    const {containers, volumes, securityContext} = spec.template.spec;
    securityContext.runAsNonRoot === true || fail(`${metadata.name} may run as root`);
    const ports = containers.flatMap(container => container.ports);
    for (const container of containers) {
      const security = container.securityContext;
      security.readOnlyRootFilesystem && !security.allowPrivilegeEscalation && security.capabilities.drop.includes('ALL') || fail(`${metadata.name} is not confined`);
      container.resources.limits.memory && container.resources.requests.cpu || fail(`${metadata.name} has no resources`);
      for (const mount of container.volumeMounts) {
        volumes.some(volume => volume.name === mount.name) || fail(`${metadata.name} mounts ${mount.name}`);
      }

      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'].map(name => container[name]).filter(probe => probe?.httpGet)) {
        ports.some(port => port.name === probe.httpGet.port) || fail(`${metadata.name} is asked on ${probe.httpGet.port}`);
      }
    }

    return {name: metadata.name, labels: spec.template.metadata.labels, ports: ports.map(port => port.name), selector: spec.selector.matchLabels};
  });
  pods.length === 2 && !selects(pods[0].selector, pods[1].labels) || fail('servers and trainers are not told apart');
  for (const {metadata, spec} of of('Service')) {
    const chosen = pods.filter(pod => selects(spec.selector, pod.labels));
    chosen.length === 1 || fail(`service ${metadata.name} selects ${chosen.length} deployments`);
    for (const port of spec.ports) {
      chosen[0].ports.includes(port.targetPort) || fail(`service ${metadata.name} leads to ${port.targetPort}`);
    }
  }

  for (const {metadata, spec} of of('PodDisruptionBudget')) {
    pods.filter(pod => selects(spec.selector.matchLabels, pod.labels)).length === 1 || fail(`${metadata.name} is nobody's`);
  }

  for (const {metadata, spec} of of('NetworkPolicy')) {
    const chosen = pods.filter(pod => selects(spec.podSelector.matchLabels, pod.labels));
    chosen.length === 1 || fail(`policy ${metadata.name} is nobody's`);
    for (const {port} of spec.ingress.flatMap(rule => rule.ports)) {
      chosen[0].ports.includes(port) || fail(`policy ${metadata.name} opens ${port}`);
    }
  }

  for (const {metadata, spec} of [...of('HorizontalPodAutoscaler'), ...of('ScaledObject')]) {
    ids.includes(`Deployment ${spec.scaleTargetRef.name}`) || fail(`${metadata.name} scales ${spec.scaleTargetRef.name}`);
    // Whoever scales says how many: a number in the Deployment would set it back with each upgrade.
    of('Deployment').find(one => one.metadata.name === spec.scaleTargetRef.name).spec.replicas === undefined || fail(`${metadata.name} has a rival`);
    for (const trigger of spec.triggers ?? []) {
      !trigger.authenticationRef || ids.includes(`TriggerAuthentication ${trigger.authenticationRef.name}`) || fail(`${metadata.name} has no credentials`);
    }
  }

  for (const {metadata, spec} of of('Ingress')) {
    for (const {backend} of spec.rules.flatMap(rule => rule.http.paths)) {
      const service = of('Service').find(one => one.metadata.name === backend.service.name) ?? fail(`${metadata.name} leads to ${backend.service.name}`);
      service.spec.ports.some(port => port.name === backend.service.port.name) || fail(`${metadata.name} leads to ${backend.service.port.name}`);
    }
  }

  for (const {metadata, spec} of of('ServiceMonitor')) {
    const chosen = of('Service').filter(service => selects(spec.selector.matchLabels, service.metadata.labels));
    chosen.length === 2 && chosen.every(service => service.spec.ports.some(port => port.name === spec.endpoints[0].port)) || fail(`${metadata.name} finds ${chosen.length} services`);
  }
}

// The compiler refuses a field that the type has not.
function unknownFields(documents) {
  const folder = join(packages, 'strict');
  mkdirSync(folder, {recursive: true});
  const lines = documents.flatMap((document, i) => [
    `import type {I${document.kind} as T${i}} from '${moduleOf(document)}';`, `export const d${i}: T${i} = ${JSON.stringify(document)};`,
  ]);
  writeFileSync(join(folder, 'rendered.ts'), lines.join('\n'));
  try {
    execFileSync(
      join(packages, 'node_modules/.bin/tsc'),
      ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--moduleResolution', 'nodenext', join(folder, 'rendered.ts')], {encoding: 'utf8'});
    return '';
  } catch (error) {
    return error.stdout || fail(error.message);
  }
}

const all = [];
for (const [name, values] of Object.entries(cases)) {
  const documents = render(values);
  for (const document of documents) {
    await checkSchema(document).catch(error => fail(`${name}, ${document.kind} ${document.metadata.name}: ${error.message}`));
  }

  checkNames(documents);
  all.push(...documents);
  console.log(`${name}: ${documents.length} objects`);
}

const unknown = unknownFields(all);
unknown && fail(`fields that the schemas have not:\n${unknown}`);

// What does not fit is found, or the above says nothing.
const spoilt = structuredClone(all.filter(document => document.kind === 'Deployment').slice(0, 1));
spoilt[0].spec.replicaz = 3;
unknownFields(spoilt).includes('replicaz') || fail('an unknown field was not found');
spoilt[0].spec.minReadySeconds = 'five';
await checkSchema(spoilt[0]).then(() => fail('a value of the wrong type was not found'), () => {});

for (const [values, says] of Object.entries(refused)) {
  try {
    execFileSync(helm, ['template', 'release', chart, '--set', values], {encoding: 'utf8', stdio: 'pipe'});
  } catch (error) {
    String(error.stderr).includes(says) || fail(`${values} is refused without ${says}: ${error.stderr}`);
    continue;
  }

  fail(`${values} is not refused`);
}

console.log(`${all.length} objects fit the schemas, ${Object.keys(refused).length} bad values are refused`);
