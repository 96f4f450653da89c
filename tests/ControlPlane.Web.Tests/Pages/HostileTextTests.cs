using System.Text;
using System.Text.RegularExpressions;
using Bunit;
using ControlPlane.Domain.Registry;
using ControlPlane.Web.Features.Registry;
using Serving.Contracts.Models;
using Testing;

namespace ControlPlane.Web.Tests.Pages;

public sealed partial class HostileTextTests : IAsyncDisposable
{
    private readonly PageContext _pages = new();

    public static TheoryData<string> Strings
    {
        get
        {
            var file = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Repository.Shared, "models", "odd", "xss_strings.onnx")));
            return new(Markup().Matches(file).Select(match => match.Value).Distinct(StringComparer.Ordinal).Append("[x](javascript:alert(1))").Append("![x](https://evil.example/x.png)"));
        }
    }

    public ValueTask DisposeAsync() => _pages.DisposeAsync();

    [Theory, MemberData(nameof(Strings))]
    public void Text_of_a_model_file_is_shown_as_text_wherever_it_appears(string hostile)
    {
        var model = Samples.Model("odd", hostile);
        var report = new InspectReport
        {
            Checks = [new(ModelChecks.Onnx, ModelCheck.Warning, hostile, hostile)],
            Signature = new([new TensorSpec(hostile, hostile, [-1], [hostile])], [new TensorSpec(hostile, "FP32")]),
            Producer = hostile,
            Operators = new Dictionary<string, long> { [hostile] = 1 },
            Opsets = new Dictionary<string, long> { [hostile] = 1 },
        };
        _pages.Change(db => db.AddRange(model, Samples.Version(model, report, new VersionNotes(hostile, new Dictionary<string, double> { [hostile] = 1 }, Source: hostile), hostile)));

        var version = _pages.Render<VersionPage>(page => page.Add(p => p.Name, "odd").Add(p => p.Number, 1));
        var list = _pages.Render<ModelPage>(page => page.Add(p => p.Name, "odd"));

        Assert.Empty(version.FindAll("script, img, iframe, object, embed, [onerror], [onclick], [onload], [href^='javascript']"));
        Assert.Empty(list.FindAll("script, img, iframe, object, embed, [onerror], [onclick], [onload], [href^='javascript']"));
        Assert.Contains(hostile, version.Find(".tbl td.mono").TextContent);
    }

    [GeneratedRegex("<[a-zA-Z/!][^\\0-\\x1f]{3,200}?>", RegexOptions.None, 1000)]
    private static partial Regex Markup();
}
