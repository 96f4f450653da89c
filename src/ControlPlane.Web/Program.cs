using System.Globalization;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Features.Audit;
using ControlPlane.Web.Features.Documents;
using ControlPlane.Web.Features.Endpoints;
using ControlPlane.Web.Features.Nodes;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Features.Requests;
using ControlPlane.Web.Features.Rollouts;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Layout;
using ControlPlane.Web.Live;

// Texts and numbers are the same on every machine, whatever its language.
CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddHosting(args);
builder.Services
    .AddAccess()
    .AddLive()
    .AddRegistry()
    .AddEndpoints()
    .AddRollouts()
    .AddDocuments()
    .AddNodes()
    .AddRequests()
    .AddAudit()
    .AddPages();

var app = builder.Build();
app.UseHosting();
app.MapHealth();
app.MapLive();
app.MapAccess();
app.MapRegistry();
app.MapEndpoints();
app.MapRollouts();
app.MapDocuments();
app.MapNodes();
app.MapRequests();
app.MapAudit();
app.MapPages();
await app.RunAsync();
