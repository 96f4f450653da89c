using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Features.Requests;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Layout;
using ControlPlane.Web.Live;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddHosting(args);
builder.Services
    .AddAccess()
    .AddLive()
    .AddRegistry()
    .AddEndpoints()
    .AddRollouts()
    .AddNodes()
    .AddRequests()
    .AddPages();

var app = builder.Build();
app.UseHosting();
app.MapHealth();
app.MapLive();
app.MapAccess();
app.MapRegistry();
app.MapEndpoints();
app.MapRollouts();
app.MapNodes();
app.MapRequests();
app.MapPages();
await app.RunAsync();
