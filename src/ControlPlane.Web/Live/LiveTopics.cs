namespace ControlPlane.Web.Live;

/// <summary>What pages listen to. One topic a kind of thing: a page reads again what it shows.</summary>
public static class LiveTopics
{
    public const string Models = "models";
    public const string Endpoints = "endpoints";
    public const string Rollouts = "rollouts";
    public const string Nodes = "nodes";

    /// <summary>New one-second figures have arrived from nodes; once a second at most.</summary>
    public const string Metrics = "metrics";
}
