// fastify with onnxruntime-node: POST /predict, {"inputs":{NAME:[numbers of one row]}} -> {"predictions":[{NAME:[numbers]}]}.
// node server.js MODEL PORT PROCESSES
import cluster from 'node:cluster';
import fastify from 'fastify';
import ort from 'onnxruntime-node';

const [model, port, processes] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4] ?? 1)];

if (processes > 1 && cluster.isPrimary) {
  for (let i = 0; i < processes; i++) cluster.fork();
  cluster.on('exit', () => process.exit(1));
} else {
  await serve();
}

async function serve() {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const app = fastify({ logger: false });
  const row = { type: 'array', items: { type: 'number' } };
  app.post('/predict', {
    schema: {
      body: { type: 'object', required: ['inputs'], properties: { inputs: { type: 'object', required: [input], properties: { [input]: row } } } },
      response: { 200: { type: 'object', properties: { predictions: { type: 'array', items: { type: 'object', properties: { [output]: row } } } } } },
    },
  }, async (request) => {
    const values = Float32Array.from(request.body.inputs[input]);
    const answer = await session.run({ [input]: new ort.Tensor('float32', values, [1, values.length]) });
    return { predictions: [{ [output]: Array.from(answer[output].data) }] };
  });
  await app.listen({ host: '127.0.0.1', port });
}
