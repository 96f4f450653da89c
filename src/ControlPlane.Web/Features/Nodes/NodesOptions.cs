using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>What is asked of nodes and gateways.</summary>
public sealed class NodesOptions
{
    public const string Section = "Nodes";

    /// <summary><c>Warn</c>: two processes with one credential are shown on the node's page. <c>Refuse</c>: the second is not answered while the first is heard.</summary>
    public SecondSession SecondSession { get; set; } = SecondSession.Warn;

    /// <summary>Join tokens that are wrong, from one address in a minute, before it is told to wait.</summary>
    [Range(1, 100_000)]
    public int JoinGuesses { get; set; } = 60;
}

public enum SecondSession
{
    Warn,
    Refuse,
}

[OptionsValidator]
internal sealed partial class NodesOptionsValidator : IValidateOptions<NodesOptions>;
