using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ControlPlane.Web.Hosting;

/// <summary>One line for each event. What others typed can neither begin a line of its own nor speak to the terminal of who reads it.</summary>
internal sealed class PlainConsole() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "plain";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write($"{Word(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] ");
        WriteOneLine(logEntry.Formatter(logEntry.State, null), textWriter);
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(' ');
            WriteOneLine(exception.ToString(), textWriter);
        }

        textWriter.Write('\n');
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };

    private static void WriteOneLine(string text, TextWriter writer)
    {
        foreach (var letter in text)
            writer.Write(letter is '\n' or '\r' or '\t' or '\u2028' or '\u2029' ? ' ' : char.IsControl(letter) ? '\uFFFD' : letter);
    }
}
