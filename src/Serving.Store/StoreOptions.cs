namespace Serving.Store;

/// <param name="Port">On loopback; nothing else is listened to.</param>
/// <param name="DataDirectory">Holds log and checkpoints; made when missing.</param>
/// <param name="PasswordFile">Its first line is the password; absent: none is asked for.</param>
internal sealed record StoreOptions(int Port, string DataDirectory, string? PasswordFile)
{
    public const string Usage = "Serving.Store --port PORT --data DIRECTORY [--password-file FILE]";

    /// <returns>The options, or what is wrong with the arguments.</returns>
    public static (StoreOptions? Options, string? Wrong) Parse(IReadOnlyList<string> arguments)
    {
        string? port = null;
        string? data = null;
        string? passwordFile = null;
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count)
                return (null, $"{arguments[i]} needs a value.");

            var value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--port": port = value; break;
                case "--data": data = value; break;
                case "--password-file": passwordFile = value; break;
                default: return (null, $"{arguments[i]} is not an option.");
            }
        }

        if (!ushort.TryParse(port, out var number) || number == 0)
            return (null, "--port must be a number from 1 to 65535.");
        if (string.IsNullOrWhiteSpace(data))
            return (null, "--data must name a directory.");
        return passwordFile is not null && !File.Exists(passwordFile)
            ? (null, $"--password-file {passwordFile} does not exist.")
            : (new StoreOptions(number, Path.GetFullPath(data), passwordFile), null);
    }

    /// <summary>What Garnet is started with.</summary>
    public string[] ToGarnet()
    {
        string[] arguments =
        [
            "--bind", "127.0.0.1", "--port", $"{Port}", "-q",
            "--logdir", Path.Combine(DataDirectory, "log"), "--checkpointdir", Path.Combine(DataDirectory, "checkpoints"),

            // The native device kills the process where libaio is missing.
            "--device-type", "RandomAccess",

            // What does not fit into memory goes to disk, so memory never grows with the number of entities.
            "--storage-tier", "--memory", "96m", "--page", "1m", "--segment", "64m", "--index", "16m", "--index-max-size", "64m",

            // Every write is logged within milliseconds; past the limit a checkpoint takes the log's place.
            "--aof", "--recover", "--aof-memory", "16m", "--aof-page-size", "4m", "--aof-segment-size", "64m", "--aof-size-limit", "256m",

            // "An older event never overwrites a newer one" is a script.
            "--lua",
        ];
        return PasswordFile is null ? arguments : [.. arguments, "--auth", "Password", "--password", File.ReadLines(PasswordFile).First().Trim()];
    }
}
