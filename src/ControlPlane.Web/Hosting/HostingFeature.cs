using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using ControlPlane.Data;
using ControlPlane.Web.Features.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging.Console;
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
        var open = SecretFiles.Add(builder.Configuration);
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]) && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.UseStaticWebAssets();
        builder.Logging.AddConsole(console => console.FormatterName = PlainConsole.FormatterName).AddConsoleFormatter<PlainConsole, ConsoleFormatterOptions>()
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
        services.AddBoundary();
        services.AddExpensiveReads();
        services.AddHostedService(provider => new OpenSecrets(open, provider.GetRequiredService<ILogger<OpenSecrets>>()));
        services.AddOpenApi("v1");
    }

    public static void UseHosting(this WebApplication app)
    {
        RuntimeCheck.Require();
        // Before anything takes its options: otherwise the first wrong one hides the others.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.UseForwardedHeaders();
        app.Use(static (http, next) =>
        {
            // The audit names it.
            Activity.Current?.SetTag(Changes.ClientAddressTag, http.Connection.RemoteIpAddress?.ToString());
            return next(http);
        });
        app.UseMiddleware<KnownOrigins>();
        app.UseExceptionHandler("/error");
        app.UseStatusCodePages(context => StatusAnswers.WriteAsync(context.HttpContext));
        app.UseWhen(Requests.IsForPeople, people => people.UseStatusCodePagesWithReExecute("/not-found", "?status={0}"));
        app.UseMiddleware<SetupGate>();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseMiddleware<CookieWrites>();
        app.UseAntiforgery();
        app.UseMiddleware<IdempotentCommands>();
        app.MapOpenApi("/openapi/{documentName}.json");
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
        {
            DatabaseChoice.Use(options, provider.GetRequiredService<IOptions<DatabaseOptions>>().Value, provider.GetRequiredService<IOptions<DataOptions>>().Value);
            options.AddInterceptors(provider.GetServices<IInterceptor>());
        });
        services.AddSingleton<DatabaseGate>().AddSingleton<CommandAnswers>();
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
        if (configuration[$"{KeyOptions.Section}:{nameof(KeyOptions.Certificate)}"] is { Length: > 0 } certificate)
            keys.ProtectKeysWithCertificate(X509CertificateLoader.LoadPkcs12FromFile(certificate, configuration[$"{KeyOptions.Section}:{nameof(KeyOptions.CertificatePassword)}"]));
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
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
        });
    }

    /// <summary>Who may ask, how often, and by which way.</summary>
    private static void AddBoundary(this IServiceCollection services)
    {
        services.AddChecked<LimitOptions, LimitOptionsValidator>(LimitOptions.Section);
        services.AddChecked<ProxyOptions, ProxyOptionsValidator>(ProxyOptions.Section);
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, ServerLimits>();
        services.AddSingleton<IConfigureOptions<RateLimiterOptions>, CallerLimits>();
        services.AddSingleton<IConfigureOptions<ForwardedHeadersOptions>, KnownProxies>();
        services.AddSingleton<CallRate>();
        services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, ResponseHeadersFirst>());
    }

    /// <summary>Unless they are named, only this machine's names and the public one are answered.</summary>
    private static void AddKnownHosts(this IServiceCollection services, IConfiguration configuration) =>
        services.PostConfigure<HostFilteringOptions>(options =>
        {
            options.AllowEmptyHosts = false;
            if (!string.IsNullOrEmpty(configuration["AllowedHosts"]))
                return;
            options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"];
            if (Uri.TryCreate(configuration["PublicUrl"], UriKind.Absolute, out var url))
                options.AllowedHosts.Add(url.Host);
        });
}
