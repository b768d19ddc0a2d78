// Runs bytecode on the published Hog VM for tests and benchmarks: one JSON request a line on standard input,
// one JSON answer a line on standard output. {bytecode, globals} -> {printed, result, error, kind}; {programs, batches, globals, seconds}
// runs several programs in turns for that long, each on a batch of events a turn, and answers the median seconds of a warm run of each.
import crypto from 'node:crypto'
import readline from 'node:readline'
import hogvm from '@posthog/hogvm'

const flags = (pattern) => (pattern.startsWith('(?i)') ? [pattern.slice(4), 'i'] : [pattern, ''])
const external = {
    crypto,
    regex: {
        match: (pattern, text) => new RegExp(...flags(pattern)).test(text),
        extract: (pattern, text) => {
            const found = text.match(new RegExp(...flags(pattern)))
            return found ? (found[1] ?? found[0]) : ''
        },
    },
}

const answer = (name, args) =>
    name === 'fetch' ? { status: String(args[0]).endsWith('fail') ? 500 : 200, body: { url: args[0], n: 1 } } : null

function plain(value, above = []) {
    if (value === undefined || value === null) return null
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
    if (typeof value !== 'object') return value
    if (hogvm.isHogClosure(value)) return hogvm.printHogValue(value)
    if (above.includes(value)) return null
    const inner = [...above, value]
    if (Array.isArray(value)) return value.map((item) => plain(item, inner))
    const entries = value instanceof Map ? [...value.entries()] : Object.entries(value)
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined).map(([key, item]) => [String(key), plain(item, inner)]))
}

function run(bytecode, globals) {
    const options = { globals, external, asyncFunctions: { fetch: async () => null }, timeout: 60000 }
    let outcome = hogvm.exec(bytecode, options)
    while (!outcome.finished && !outcome.error) {
        outcome.state.stack.push(answer(outcome.asyncFunctionName, outcome.asyncFunctionArgs))
        outcome = hogvm.exec(outcome.state, options)
    }
    return outcome
}

function execute({ bytecode, globals }) {
    const printed = []
    const log = console.log
    console.log = (...parts) => printed.push(parts.join(' '))
    try {
        const { result, error } = run(bytecode, globals)
        if (!error) return { printed, result: plain(result), error: null, kind: null }
        const kind = error instanceof hogvm.UncaughtHogVMException ? 'uncaught' : error instanceof hogvm.HogVMException ? 'vm' : 'host'
        return { printed, result: null, error: kind === 'uncaught' ? `${error.type}: ${error.message}` : error.message, kind }
    } catch (error) {
        return { printed, result: null, error: String(error), kind: 'crash' }
    } finally {
        console.log = log
    }
}

function measure({ programs, batches, globals, seconds }) {
    const log = console.log
    console.log = () => {}
    const text = JSON.stringify(globals)
    const times = programs.map(() => [])
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
        programs.forEach((bytecode, place) => {
            const events = Array.from({ length: batches[place] }, () => JSON.parse(text))
            const start = performance.now()
            for (const event of events) run(bytecode, event)
            times[place].push((performance.now() - start) / events.length)
        })
    }
    console.log = log
    const median = (list) => list.slice(list.length >> 1).sort((a, b) => a - b)[list.length >> 2]
    return { seconds: times.map((list) => median(list) / 1000) }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const request = JSON.parse(line)
    console.log(JSON.stringify(request.programs ? measure(request) : execute(request)))
})
