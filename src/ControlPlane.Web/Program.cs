using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Hosting;
using ControlPlane.Web.Layout;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddHosting(args);
builder.Services
    .AddAccess()
    .AddRegistry()
    .AddPages();

var app = builder.Build();
app.UseHosting();
app.MapHealth();
app.MapAccess();
app.MapRegistry();
app.MapPages();
await app.RunAsync();
