using System.Globalization;
using Serving.Node.Benchmarks.Measure;

namespace Serving.Node.Benchmarks.Report;

/// <summary>A number that has a goal.</summary>
/// <param name="AtLeast">True: the goal is a floor; false: it is a ceiling.</param>
/// <param name="Format">How the number is written: <c>0.00</c> for ratios.</param>
internal sealed record Figure(string Name, Spread Seen, double Goal, bool AtLeast, string Format, string Unit = "")
{
    public const string Head = "| figure | goal | seen: median (least–most) | |\n|---|---|---|---|\n";

    public bool IsMet => AtLeast ? Seen.Median >= Goal : Seen.Median <= Goal;

    public string Row() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Name} | {(AtLeast ? "≥" : "≤")} {Goal.ToString(Format, CultureInfo.InvariantCulture)}{Unit} | {Seen.Text(Format)}{Unit} | {(IsMet ? "met" : "**missed**")} |\n");

    public static Figure Share(string name, Spread seen, double goal) => new(name, seen, goal, AtLeast: true, "0.00");

    public static Figure Times(string name, Spread seen, double goal) => new(name, seen, goal, AtLeast: true, "0.0", " ×");

    public static Figure Added(string name, Spread seen, double goal) => new(name, seen, goal, AtLeast: false, "0", " µs");
}
