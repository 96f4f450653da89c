using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ControlPlane.Web.Features.Access;
using ControlPlane.Web.Tests.Kit;
using Microsoft.Extensions.Time.Testing;

namespace ControlPlane.Web.Tests.Access;

/// <summary><c>cpctl login</c>.</summary>
public sealed class DeviceTests : IAsyncLifetime
{
    private readonly HostedControlPlane _hosted = new();

    public ValueTask InitializeAsync() => _hosted.InitializeAsync();

    public ValueTask DisposeAsync() => _hosted.DisposeAsync();

    [Fact]
    public async Task D18_A_terminal_that_was_let_in_gets_a_session_of_that_person_once()
    {
        using var asked = await SignedInAsync();
        var started = await BeginAsync();

        var pending = await TakeAsync(started);
        var allowed = await asked.PostFromAsync(started.Text("verificationPath")!, "/device", ("code", started.Text("userCode")!), ("answer", "allow"));
        var taken = await TakeAsync(started);
        var again = await TakeAsync(started);
        using var terminal = _hosted.As("anon");
        terminal.DefaultRequestHeaders.Authorization = new("Bearer", (await taken.JsonAsync()).Text("token"));
        var reads = await terminal.GetAsync("/api/v1/models");
        var writes = await terminal.PostAsJsonAsync("/api/v1/models", new { name = "mine" });

        Assert.Equal("AuthorizationPending", await pending.CodeAsync());
        Assert.Equal("/device?done=allowed", allowed.Headers.Location!.OriginalString);
        Assert.Equal("DeviceCodeExpired", await again.CodeAsync());
        Assert.Equal(HttpStatusCode.OK, reads.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, writes.StatusCode);
    }

    [Fact]
    public async Task D18_A_terminal_that_was_refused_gets_nothing()
    {
        using var asked = await SignedInAsync();
        var started = await BeginAsync();

        await asked.PostFromAsync(started.Text("verificationPath")!, "/device", ("code", started.Text("userCode")!), ("answer", "refuse"));
        var taken = await TakeAsync(started);

        Assert.Equal((HttpStatusCode.Forbidden, "AccessDenied"), (taken.StatusCode, await taken.CodeAsync()));
    }

    [Fact]
    public void D18_Codes_expire_after_ten_minutes_and_only_so_many_wait()
    {
        var time = new FakeTimeProvider();
        var devices = new DeviceSignIns(time);
        var first = devices.Begin()!;
        var others = Enumerable.Range(0, 250).Select(_ => devices.Begin()).ToList();
        var known = devices.Find(first.UserCode.ToLowerInvariant().Insert(4, "-"));

        time.Advance(DeviceSignIns.Lifetime);

        Assert.Same(first, known);
        Assert.Equal(199, others.Count(waiting => waiting is not null));
        Assert.Null(devices.Find(first.UserCode));
        Assert.False(devices.Take(first.DeviceCode).IsKnown);
        Assert.NotNull(devices.Begin());
    }

    private async Task<AskedPage> SignedInAsync()
    {
        var asked = new AskedPage(_hosted, "/sign-in");
        await asked.PostAsync("/sign-in", ("email", "viewer@example.org"), ("password", HostedControlPlane.Password));
        return asked;
    }

    private async Task<JsonElement> BeginAsync() => await (await _hosted.As("anon").PostAsync("/api/v1/device", null)).JsonAsync();

    private Task<HttpResponseMessage> TakeAsync(JsonElement started) => _hosted.As("anon").PostAsJsonAsync("/api/v1/device/token", new { deviceCode = started.Text("deviceCode") });
}
