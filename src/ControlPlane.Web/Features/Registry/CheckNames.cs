using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>The checks of a validation in words, in the order they run.</summary>
internal static class CheckNames
{
    public static readonly IReadOnlyList<string> InOrder = ModelChecks.All;

    public static string Of(string check) => check switch
    {
        ModelChecks.Size => "Size and digest",
        ModelChecks.Archive => "Archive is safe",
        ModelChecks.Onnx => "ONNX is readable",
        ModelChecks.Operators => "Operators are allowed",
        ModelChecks.ExternalData => "External data",
        ModelChecks.Loads => "Loads in isolation",
        ModelChecks.Golden => "Golden samples",
        ModelChecks.Sample => "Answers a sample",
        ModelChecks.Signature => "Inputs and outputs",
        _ => check,
    };
}
