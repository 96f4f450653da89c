using System.CommandLine;
using System.Text.Json.Nodes;
using ControlPlane.Cli.Api;

namespace ControlPlane.Cli.Commands;

/// <summary>Signing in, predicting, and finding out what is wrong.</summary>
internal static class OtherCommands
{
    public static IEnumerable<Command> Build() => [Login(), Logout(), Predict(), Doctor(), Config()];

    private static Command Login()
    {
        var email = new Option<string?>("--email") { Description = "Sign in here with this e-mail address and a password, instead of in a browser." };
        var stdin = new Option<bool>("--token-stdin") { Description = "Read a token from standard input instead of asking for a password." };
        return Verb.Of("login", "Signs in through the browser and keeps a token for 12 hours.", ["cpctl login --server http://127.0.0.1:5080", "cpctl login --email me@example.org", "cpctl login --token-stdin < token"], async (parsed, api, cancel) =>
        {
            if (parsed.GetValue(stdin))
            {
                LoginFile.Write(api.Server, (await Console.In.ReadToEndAsync(cancel)).Trim());
                Output.Say($"Token kept in {LoginFile.Path}.");
                return ExitCodes.Ok;
            }

            if (!Session.MayAsk(parsed))
                throw new UsageException("There is no terminal and nobody to ask. Use --token-stdin or CPCTL_TOKEN.");
            var session = parsed.GetValue(email) is { } who ? await SignInHereAsync(api, who, cancel) : await DeviceLogin.RunAsync(api, cancel);
            LoginFile.Write(api.Server, (string)session["token"]!);
            Output.Say($"Signed in to {api.Server} until {session["expiresAt"]}.");
            return ExitCodes.Ok;
        }, email, stdin);
    }

    private static Command Logout() => Verb.Of("logout", "Forgets the token.", ["cpctl logout", "cpctl logout --no-input"], (_, _, _) =>
    {
        Output.Say(LoginFile.Delete() ? "Signed out." : "You were not signed in.");
        return Task.FromResult(ExitCodes.Ok);
    });

    private static Command Predict()
    {
        var endpoint = new Argument<string>("ENDPOINT") { Description = "Name of the endpoint." };
        var input = new Option<string>("--input") { Description = "File with the request body; - is standard input.", Required = true };
        var gateway = new Option<string>("--gateway") { Description = "Address of a gateway or node; else CPCTL_GATEWAY.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CPCTL_GATEWAY") ?? "http://127.0.0.1:8080" };
        var oip = new Option<bool>("--oip") { Description = "The body is an Open Inference request." };
        return Verb.Of("predict", "Sends one prediction.", ["cpctl predict fraud --input request.json", "cpctl predict fraud --oip --input - < request.json"], async (parsed, api, cancel) =>
        {
            var name = Session.EndpointOf(parsed.GetValue(endpoint)!).Name;
            var body = parsed.GetValue(input) == "-" ? System.Text.Encoding.UTF8.GetBytes(await Console.In.ReadToEndAsync(cancel)) : await File.ReadAllBytesAsync(parsed.GetValue(input)!, cancel);
            var path = parsed.GetValue(oip) ? $"/v2/models/{name}/infer" : $"/predict/{name}";
            var (status, answer) = await api.PostRawAsync(parsed.GetValue(gateway)!.TrimEnd('/') + path, body, cancel);
            if ((int)status is >= 200 and < 300)
            {
                Console.Out.WriteLine(answer);
                return ExitCodes.Ok;
            }

            throw new ApiException(status, answer.Length == 0 ? $"{(int)status}" : answer);
        }, endpoint, input, gateway, oip);
    }

    private static Command Doctor() => Verb.Of("doctor", "Checks what cpctl needs, with a fix for each thing that is wrong.", ["cpctl doctor", "cpctl doctor --server http://127.0.0.1:5080"], async (_, api, cancel) =>
    {
        var well = await CheckAsync("control plane reachable", () => api.IsHealthyAsync("/healthz/live", cancel), $"Start it, or name it with --server; asked was {api.Server}.");
        well &= await CheckAsync("control plane ready", () => api.IsHealthyAsync("/healthz/ready", cancel), $"Look at {api.Server}/healthz/ready: it names what is awaited.");
        well &= await CheckAsync("signed in", async () => await api.GetAsync("environments", cancel) is not null, "Run cpctl login, or set CPCTL_TOKEN.");
        well &= await CheckAsync("a node is ready", async () => (await api.ListAsync("nodes", cancel)).Any(node => (string?)node!["state"] == "Ready"), "Join a node: cpctl node join-token.");
        return well ? ExitCodes.Ok : ExitCodes.Failed;
    });

    private static Command Config() => Verb.Noun("config", "What cpctl works with.", Verb.Of("show", "Shows server and sign-in, and where they come from.", ["cpctl config show", "cpctl config show -o json"], (parsed, api, _) =>
    {
        var fromEnvironment = Environment.GetEnvironmentVariable("CPCTL_TOKEN") is { Length: > 0 };
        var config = new JsonObject { ["server"] = api.Server, ["token"] = fromEnvironment ? "CPCTL_TOKEN" : LoginFile.Read().Token is null ? "none" : LoginFile.Path, ["version"] = ApiClient.Version };
        Output.Show(Session.FormOf(parsed), config, api.Server, ("Server", api.Server), ("Token from", (string?)config["token"]), ("Version", ApiClient.Version));
        return Task.FromResult(ExitCodes.Ok);
    }));

    private static async Task<bool> CheckAsync(string what, Func<Task<bool>> isWell, string fix)
    {
        try
        {
            if (await isWell())
            {
                Console.Out.WriteLine($"ok      {what}");
                return true;
            }
        }
        catch (ApiException failed)
        {
            fix = $"{failed.Message} {fix}";
        }

        Console.Out.WriteLine($"failed  {what}: {fix}");
        return false;
    }

    private static async Task<JsonNode> SignInHereAsync(ApiClient api, string email, CancellationToken cancel)
    {
        var proof = new JsonObject { ["email"] = email, ["password"] = AskSecret("Password: ") };
        try
        {
            return await api.PostAsync("session", proof, cancel);
        }
        catch (ApiException asked) when (asked.Code == "SecondFactorRequired")
        {
            proof["code"] = Ask("Code of your authenticator app: ");
            return await api.PostAsync("session", proof, cancel);
        }
    }

    private static string Ask(string question)
    {
        Console.Error.Write(question);
        return Console.ReadLine() ?? "";
    }

    private static string AskSecret(string question)
    {
        Console.Error.Write(question);
        var secret = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace && secret.Length > 0)
                secret.Length--;
            else if (!char.IsControl(key.KeyChar))
                secret.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return secret.ToString();
    }
}
