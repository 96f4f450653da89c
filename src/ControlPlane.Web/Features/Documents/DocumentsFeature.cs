namespace ControlPlane.Web.Features.Documents;

internal static class DocumentsFeature
{
    public static IServiceCollection AddDocuments(this IServiceCollection services) => services.AddSingleton<ApplyCommands>();

    public static void MapDocuments(this IEndpointRouteBuilder app) => app.MapDocumentEndpoints();
}
