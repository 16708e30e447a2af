// A hospital's receiver made of simple-hl7, an HL7 library with which this project has nothing to do.
//
// It keeps every control id once and answers as the message's PV1-10 (or, in DFT, FT1-7) asks it to. One line of JSON
// for every message, before the answer goes out: what the library understood. Ends with its standard input.
const net = require('net')
const hl7 = require('simple-hl7')

// the library listens on every address; a test has no business there
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port) { return listen.call(this, port, '127.0.0.1') }

const REFUSALS = {
  'AE-204': ['AE', '204'], 'AE-205': ['AE', '205'], 'AR-207': ['AR', '207'], AE: ['AE', ''], AR: ['AR', '']
}
const known = new Map()
const say = (value) => process.stdout.write(JSON.stringify(value) + '\n')

const fields = (message, name) => {
  const segment = message.getSegment(name)
  return segment ? segment.fields.map((_, index) => segment.getField(index + 1)) : null
}

const app = hl7.tcp()
app.use((request, response, next) => {
  const message = request.msg
  const id = message.header.getField(8)
  const segments = {}
  for (const segment of message.segments) segments[segment.name] = fields(message, segment.name)
  known.set(id, (known.get(id) || 0) + 1)
  const patient = message.getSegment('PID')
  say({
    type: request.type,
    event: request.event,
    sender: request.sender,
    controlId: id,
    charset: message.header.getField(16),
    times: known.get(id),
    visits: known.size,
    // by the library's own accessors, which split fields, repetitions, components and subcomponents
    family: patient ? patient.getComponent(5, 1) : '',
    given: patient ? patient.getComponent(5, 2) : '',
    citizen: patient ? patient.getField(3, 1) : '',
    amount: message.getSegment('FT1') ? message.getSegment('FT1').getComponent(11, 1, 1) : '',
    currency: message.getSegment('FT1') ? message.getSegment('FT1').getComponent(11, 1, 2) : '',
    segments
  })
  const service = message.getSegment('PV1') ? message.getSegment('PV1').getField(10) : ''
  if (service in REFUSALS) {
    const [code, condition] = REFUSALS[service]
    response.ack.segments[0].setField(1, code)
    if (condition) response.ack.addSegment('ERR', 'PV1^1^19^' + condition)
  }
  if (service === 'WRONG') response.ack.segments[0].setField(2, 'SOMETHING-ELSE')
  if (service === 'CUT') { response.socket.destroy(); return }
  if (service === 'SILENT' && known.get(id) === 1) return
  next()
})
app.use((request, response, next) => { response.end() })

const server = app.start(0, 'utf-8')
server.server.on('listening', () => say({ port: server.server.address().port }))
process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
