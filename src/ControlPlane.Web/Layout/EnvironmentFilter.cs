using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlPlane.Web.Layout;

/// <summary>The environment chosen in the top bar: the <c>env</c> of the address, so that a copied link shows the same.</summary>
internal static class EnvironmentFilter
{
    public const string Parameter = "env";

    public static string? Of(NavigationManager navigation)
    {
        var query = QueryHelpers.ParseQuery(navigation.ToAbsoluteUri(navigation.Uri).Query);
        return query.TryGetValue(Parameter, out var value) && !string.IsNullOrEmpty(value) ? value.ToString() : null;
    }
}
