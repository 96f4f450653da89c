using ControlPlane.Domain.Registry;
using Serving.Contracts.Models;

namespace ControlPlane.Domain.Tests.Registry;

public sealed class ModelVersionTests
{
    [Fact]
    public void Is_ready_when_no_check_failed() => Assert.Equal(VersionState.Ready, Some.ReadyVersion().State);

    [Fact]
    public void Is_rejected_with_the_detail_of_the_check_that_failed()
    {
        var version = Some.Uploaded();

        version.Validated(new InspectReport { Checks = [new ModelCheck(ModelChecks.Golden, ModelCheck.Failed, "expected 1, got 2", "Export again.")] }, Some.Noon);

        Assert.Equal(VersionState.Rejected, version.State);
        Assert.Equal("expected 1, got 2", version.RejectedReason);
    }

    [Fact]
    public void Keeps_its_first_result_when_an_inspection_is_repeated()
    {
        var version = Some.ReadyVersion();

        version.Validated(new InspectReport { Checks = [new ModelCheck(ModelChecks.Loads, ModelCheck.Failed, "late")] }, Some.Noon);

        Assert.Equal(VersionState.Ready, version.State);
    }

    [Fact]
    public void Numbers_only_grow()
    {
        var model = Some.Model();

        Assert.Equal(1, Some.Value(model.TakeNumber(null)));
        Assert.Equal(7, Some.Value(model.TakeNumber(7)));
        Assert.Equal("VersionExists", Some.Refusal(model.TakeNumber(7)).Code);
        Assert.Equal(8, Some.Value(model.TakeNumber(null)));
        Assert.Equal("Invalid", Some.Refusal(model.TakeNumber(0)).Code);
    }

    [Fact]
    public void F55_May_not_be_deleted_while_it_is_used_and_says_by_whom()
    {
        var refusal = VersionUse.Check(Some.ReadyVersion(3), ["served by production/fraud", "way back of staging/fraud"]);

        Assert.Equal("VersionInUse", refusal!.Code);
        Assert.Contains("served by production/fraud; way back of staging/fraud", refusal.Message, StringComparison.Ordinal);
        Assert.Null(VersionUse.Check(Some.ReadyVersion(3), []));
    }

    [Fact]
    public void An_alias_may_not_look_like_a_version()
    {
        Assert.NotNull(ModelAlias.Check("12"));
        Assert.Null(ModelAlias.Check("champion"));
    }
}
