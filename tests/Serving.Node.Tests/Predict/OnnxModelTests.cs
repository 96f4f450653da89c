using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Predict;

/// <summary>What is refused when a model is loaded, so that it does not fail every request afterwards.</summary>
public sealed class OnnxModelTests
{
    public static TheoryData<string, string> Refused => new()
    {
        { "sequence output", "Output y is of the type seq(tensor(float))" },
        { "optional output", "Output y is of the type optional(tensor(float))" },
        { "optional input", "Input x is of the type optional(tensor(float))" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_model_whose_inputs_or_outputs_have_no_form_on_the_wire_is_refused(string kind, string reason)
    {
        var model = kind switch { "sequence output" => TinyModel.SequenceOutput(), "optional output" => TinyModel.OptionalOutput(), _ => TinyModel.OptionalInput() };

        var refused = Assert.Throws<NotSupportedException>(() => Loaded.Model(model));

        Assert.StartsWith(reason, refused.Message, StringComparison.Ordinal);
    }
}
