using System.Diagnostics;
using System.Text.Json.Serialization;
using ControlPlane.Data;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Hosting;

/// <summary>What every feature stands on: configuration, database, keys, answers to errors, headers.</summary>
internal static class HostingFeature
{
    private const string DefaultUrl = "http://127.0.0.1:5080";

    private static readonly Dictionary<string, string> _switches = new(StringComparer.Ordinal) { ["--data"] = "Data:Directory", ["--url"] = "urls" };

    public static void AddHosting(this WebApplicationBuilder builder, string[] args)
    {
        builder.Configuration.AddCommandLine(args, _switches);
        SecretFiles.Add(builder.Configuration);
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]) && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.UseStaticWebAssets();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning)
            .AddFilter("ControlPlane.Web.Features.Access.BearerTokens", LogLevel.Warning).AddFilter("ControlPlane.Web.Features.Nodes.NodeScheme", LogLevel.Warning);

        var services = builder.Services;
        services.TryAddTimeProvider();
        services.AddChecked<DataOptions, DataOptionsValidator>(DataOptions.Section);
        services.AddChecked<DatabaseOptions, DatabaseOptionsValidator>(DatabaseOptions.Section);
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseConnectionValidator>();
        services.AddChecked<KeyOptions, KeyOptionsValidator>(KeyOptions.Section);
        services.AddChecked<AddressOptions, AddressOptionsValidator>("");
        services.AddChecked<ArtifactOptions, ArtifactOptionsValidator>(ArtifactOptions.Section);
        services.AddSingleton(ArtifactOptions.Open);
        services.AddDatabase();
        services.AddKeys(builder.Configuration);
        services.AddAnswers();
        services.AddKnownHosts(builder.Configuration);
        services.AddOpenApi("v1");
    }

    public static void UseHosting(this WebApplication app)
    {
        // Before anything takes its options: otherwise the first wrong one hides the others.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.UseMiddleware<ResponseHeaders>();
        app.UseExceptionHandler("/error");
        app.UseStatusCodePages(context => StatusAnswers.WriteAsync(context.HttpContext));
        app.UseWhen(Requests.IsForPeople, people => people.UseStatusCodePagesWithReExecute("/not-found", "?status={0}"));
        app.UseRouting();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseMiddleware<CookieWrites>();
        app.UseAntiforgery();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
    }

    /// <summary>Binds options to their section and refuses the start, with all errors at once, when they are wrong.</summary>
    public static void AddChecked<TOptions, TValidator>(this IServiceCollection services, string section)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
    }

    private static void TryAddTimeProvider(this IServiceCollection services)
    {
        if (services.All(service => service.ServiceType != typeof(TimeProvider)))
            services.AddSingleton(TimeProvider.System);
    }

    private static void AddDatabase(this IServiceCollection services)
    {
        services.AddDbContextFactory<ControlPlaneDb>((provider, options) =>
            DatabaseChoice.Use(options, provider.GetRequiredService<IOptions<DatabaseOptions>>().Value, provider.GetRequiredService<IOptions<DataOptions>>().Value));
        services.AddSingleton<DatabaseGate>();
        services.AddSingleton<IReadinessCheck, DatabaseReady>();
        services.AddHostedService<DatabaseStart>();
    }

    private static void AddKeys(this IServiceCollection services, IConfiguration configuration)
    {
        var keys = services.AddDataProtection().SetApplicationName("ControlPlane");
        if (configuration[$"{KeyOptions.Section}:{nameof(KeyOptions.KeyPath)}"] is { Length: > 0 } folder)
            keys.PersistKeysToFileSystem(new DirectoryInfo(folder));
        else
            keys.PersistKeysToDbContext<ControlPlaneDb>();
    }

    private static void AddAnswers(this IServiceCollection services)
    {
        services.AddExceptionHandler<UnansweredErrors>();
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = context => context.ProblemDetails.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString());
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.MaxDepth = 32;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
        });
    }

    /// <summary>Unless they are named, only this machine's names and the public one are answered.</summary>
    private static void AddKnownHosts(this IServiceCollection services, IConfiguration configuration) =>
        services.PostConfigure<HostFilteringOptions>(options =>
        {
            if (!string.IsNullOrEmpty(configuration["AllowedHosts"]))
                return;
            options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"];
            if (Uri.TryCreate(configuration["PublicUrl"], UriKind.Absolute, out var url))
                options.AllowedHosts.Add(url.Host);
        });
}
