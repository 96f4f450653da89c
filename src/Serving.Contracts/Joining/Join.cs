namespace Serving.Contracts.Joining;

/// <summary>How a node or gateway enrols: <c>POST /node/v1/join</c>.</summary>
/// <param name="JoinToken"><c>cpj_…</c>; says environment and pool.</param>
/// <param name="Name">Unique in the installation; the same name joining again takes the old one's place.</param>
/// <param name="Kind"><c>node</c> or <c>gateway</c>.</param>
/// <param name="Address">Base address for predictions, as others reach it.</param>
/// <param name="Environment">The environment it is meant for; a token of another one is refused. Null: whichever the token names.</param>
/// <param name="Pool">The pool it is meant for, likewise.</param>
public sealed record JoinRequest(
    string JoinToken, string Name, string Kind = JoinRequest.Node, string? Address = null, string? AgentVersion = null, string? Environment = null, string? Pool = null)
{
    public const string Node = "node";
    public const string Gateway = "gateway";

    /// <summary>Header of every call of the node API: the id that the process chose at its start. Two at a time with one credential are one too many.</summary>
    public const string SessionHeader = "X-Node-Session";

    /// <summary>Whoever logs it logs no secret.</summary>
    public override string ToString() => $"{Kind} {Name} asks to join";
}

/// <param name="Credential"><c>cpn_…</c>, shown this once.</param>
public sealed record JoinResponse(string NodeId, string Credential, string Environment, string Pool)
{
    /// <summary>Whoever logs it logs no secret.</summary>
    public override string ToString() => $"Node {NodeId} of {Environment}/{Pool}";
}

/// <summary>Answer to <c>POST /node/v1/credential</c>. The old credential ends when the new one is used for the first time.</summary>
public sealed record CredentialResponse(string Credential)
{
    /// <summary>Whoever logs it logs no secret.</summary>
    public override string ToString() => "A credential";
}

/// <summary>The live nodes of an environment, for its gateways.</summary>
public sealed record PeerList(string Environment, long Version, IReadOnlyList<Peer> Peers);

/// <param name="Address">Base address over HTTP/1.1.</param>
/// <param name="Http2Address">Base address over HTTP/2 without TLS; null: not offered.</param>
public sealed record Peer(string Name, string Pool, string Address, string? Http2Address = null);
