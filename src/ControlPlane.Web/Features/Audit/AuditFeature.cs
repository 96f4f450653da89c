namespace ControlPlane.Web.Features.Audit;

/// <summary>Who did what, when and why; and that nobody changed it since.</summary>
internal static class AuditFeature
{
    public static IServiceCollection AddAudit(this IServiceCollection services)
    {
        services.AddSingleton<AuditReader>();
        services.AddHostedService<AuditSealer>();
        return services;
    }
}
