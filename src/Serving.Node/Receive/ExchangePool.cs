using Microsoft.Extensions.ObjectPool;

namespace Serving.Node.Receive;

/// <summary>Exchanges of one protocol, used in turn. Thread-safe; keeps a few hundred at most.</summary>
internal sealed class ExchangePool<T>
    where T : Exchange, new()
{
    private const int Kept = 256;

    private readonly DefaultObjectPool<T> _idle = new(new DefaultPooledObjectPolicy<T>(), Kept);

    public T Rent() => _idle.Get();

    public void Return(T exchange)
    {
        exchange.Recycle();
        _idle.Return(exchange);
    }
}
