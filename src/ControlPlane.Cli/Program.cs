using System.CommandLine;
using ControlPlane.Cli;
using ControlPlane.Cli.Api;
using ControlPlane.Cli.Commands;

var root = new RootCommand("The control plane from a terminal. Every command has --help with examples.") { Session.Server, Session.Form, Session.NoInput, Session.Yes };
foreach (var command in new[] { ModelCommands.Build(), VersionCommands.Build(), VersionCommands.BuildAlias(), EndpointCommands.Build(), EndpointCommands.BuildDeploy(), EndpointCommands.BuildRollback(), RolloutCommands.Build(), EnvironmentCommands.Build(), NodeCommands.Build(), UserCommands.Build(), TokenCommands.Build(), AuditCommands.Build() })
    root.Subcommands.Add(command);
foreach (var command in OtherCommands.Build().Concat(RolloutCommands.BuildDecisions()).Concat(DocumentCommands.Build()))
    root.Subcommands.Add(command);

var parsed = root.Parse(args);
var code = await parsed.InvokeAsync();
// What cannot be parsed is a usage error, whatever number the library has for it.
return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;
