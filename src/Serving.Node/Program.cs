using Serving.Node.Hosting;
using Serving.Node.Inspect;
using Serving.Node.Receive;

if (args is [InspectCommand.Verb, var folder])
    return InspectCommand.Run(folder);

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddNode();
builder.Logging.AddSimpleConsole(console => console.SingleLine = true).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

var app = builder.Build();
app.UsePredictions();
app.MapHealth();
app.MapManagement(app.Services.GetRequiredService<NodeOptions>());
app.MapOpenInference();
MemoryLimit.Set(app.Services.GetRequiredService<NodeOptions>().MemoryLimit);
await app.RunAsync();
return 0;
