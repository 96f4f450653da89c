using System.Text;

namespace Serving.Node.Benchmarks.Report;

/// <summary>What one suite found.</summary>
/// <param name="Name">The word that selects the suite.</param>
/// <param name="Details">Tables and sentences in Markdown.</param>
internal sealed record Section(string Name, IReadOnlyList<Figure> Figures, string Details)
{
    public string Markdown()
    {
        var text = new StringBuilder();
        if (Figures.Count > 0)
            text.Append(Figure.Head).AppendJoin("", Figures.Select(figure => figure.Row())).Append('\n');
        return text.Append(Details.TrimEnd()).Append('\n').ToString();
    }
}
