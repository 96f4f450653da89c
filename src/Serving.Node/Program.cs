using Serving.Node.Hosting;
using Serving.Node.Inspect;
using Serving.Node.OpenApi;
using Serving.Node.Protocols.Native;
using Serving.Node.Protocols.MLflow;
using Serving.Node.Protocols.OpenInference;
using Serving.Node.Protocols.Rpc;
using Serving.Node.Protocols.TensorFlow;
using Serving.Node.Protocols.TorchServe;
using Serving.Node.Receive;
using Serving.Node.Workers;

if (args is [InspectCommand.Verb, InspectMany.Option, var many])
    return await InspectMany.RunAsync(many);
if (args is [InspectMany.EachVerb])
    return InspectMany.RunEach();
if (args is [InspectCommand.Verb, var folder])
    return InspectCommand.Run(folder);
if (args is [InspectCommand.ProbeVerb, var probed, var rows])
    return InspectCommand.Probe(probed, rows);
if (args is [WorkerCommand.Verb, var socket, var model, var threads, var release])
    return WorkerCommand.Run(socket, model, threads, release);

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddNode();
builder.Logging.AddSimpleConsole(console => console.SingleLine = true).AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
    // It logs nothing at this level, but while it may, the server makes an activity for every request.
    .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

RuntimeCheck.Require();
var app = builder.Build();
app.UsePredictions();
app.MapHealth();
app.MapManagement(app.Services.GetRequiredService<NodeOptions>());
app.MapOpenInference();
app.MapTensorFlow();
app.MapTorchServe();
app.MapMlflow();
app.MapRpc();
app.MapOpenApiDocument();
MemoryLimit.Set(app.Services.GetRequiredService<NodeOptions>().MemoryLimit);
await app.RunAsync();
return 0;
