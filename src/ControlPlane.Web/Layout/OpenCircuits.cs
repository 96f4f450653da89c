using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;

namespace ControlPlane.Web.Layout;

/// <summary>How many live pages each person has open: each holds memory here for as long as it is. Thread-safe.</summary>
internal sealed class OpenCircuits
{
    public const int MostOfAPerson = 10;

    private readonly Dictionary<string, int> _open = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _lock = new();

    public bool IsFull(string person)
    {
        lock (_lock)
            return _open.GetValueOrDefault(person) >= MostOfAPerson;
    }

    public bool TryOpen(string person)
    {
        lock (_lock)
        {
            var open = _open.GetValueOrDefault(person);
            if (open >= MostOfAPerson)
                return false;
            _open[person] = open + 1;
            return true;
        }
    }

    public void Close(string person)
    {
        lock (_lock)
        {
            if (_open.GetValueOrDefault(person) <= 1)
                _open.Remove(person);
            else
                _open[person]--;
        }
    }
}

/// <summary>Counts one circuit; a page beyond the last that a person may have is not brought to life, whoever asks for it.</summary>
internal sealed class CircuitLimit(OpenCircuits circuits, AuthenticationStateProvider people) : CircuitHandler
{
    private string? _person;

    /// <exception cref="InvalidOperationException">The person has as many as there may be; the framework ends the circuit.</exception>
    public override async Task OnCircuitOpenedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        var person = (await people.GetAuthenticationStateAsync()).User.Identity?.Name ?? "";
        if (!circuits.TryOpen(person))
            throw new InvalidOperationException($"{OpenCircuits.MostOfAPerson} pages of this person are open already.");
        _person = person;
    }

    public override Task OnCircuitClosedAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        if (_person is not null)
            circuits.Close(_person);
        _person = null;
        return Task.CompletedTask;
    }
}
