using Microsoft.Extensions.Options;
using Serving.Gateway.Forward;
using Serving.Gateway.Hosting;
using Serving.Gateway.Nodes;

var builder = WebApplication.CreateSlimBuilder(args);
InlineSockets.Use(builder);
SecretFiles.Add(builder.Configuration);
builder.Services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateOnStart();
builder.Services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
builder.Services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayTransportValidator>();
builder.Services.AddSingleton(services => services.GetRequiredService<IOptions<GatewayOptions>>().Value);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddOptions<HostOptions>().Configure<GatewayOptions>((host, options) => host.ShutdownTimeout = options.DrainTimeout);
builder.WebHost.ConfigureKestrel(kestrel => Listen.Configure(kestrel, kestrel.ApplicationServices.GetRequiredService<GatewayOptions>()));

builder.Services.AddSingleton<Membership>();
builder.Services.AddSingleton<NodeList>();
builder.Services.AddSingleton<LastNodeList>();
builder.Services.AddSingleton<NodeHealth>();
builder.Services.AddSingleton<NodeFeed>();
builder.Services.AddHostedService(services => services.GetRequiredService<NodeFeed>());
builder.Services.AddHostedService(services => services.GetRequiredService<NodeHealth>());
builder.Services.AddHostedService<ReportLoop>();
builder.Services.AddSingleton<Drain>();
builder.Services.AddHostedService(services => services.GetRequiredService<Drain>());

builder.Services.AddHttpForwarder();
builder.Services.AddSingleton<Forwarding>();
builder.Services.AddSingleton<GatewayCounters>();

RuntimeCheck.Require();
var app = builder.Build();
app.UseForwarding();
app.MapGateway(app.Services.GetRequiredService<GatewayOptions>());
await app.RunAsync();
