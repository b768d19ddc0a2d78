// Sends one event through the official Node SDK: node capture.mjs HOST TOKEN EVENT DISTINCT_ID
import { PostHog } from 'posthog-node'

const [host, token, event, distinctId] = process.argv.slice(2)
const client = new PostHog(token, { host, flushAt: 1 })
client.on('error', (error) => {
  console.error(error)
  process.exitCode = 1
})
client.capture({ distinctId, event, properties: { plan: 'pro' } })
await client.shutdown()
