using Serving.Node.Receive;
using Serving.Node.Respond;

namespace Serving.Node.Protocols.Rpc;

/// <summary>An exchange whose request and answer are messages: the answer is kept as one, not as bytes.</summary>
internal abstract class RpcExchange<TRequest, TAnswer> : Exchange
    where TRequest : class
    where TAnswer : class
{
    public TRequest Request { get; set; } = null!;

    public TAnswer? Answer { get; private set; }

    public sealed override string Write(ResponseBuffer into)
    {
        Answer = WriteAnswer();
        return "";
    }

    public sealed override string WriteFailure(ResponseBuffer into, Failure failure) => "";

    public override void Recycle()
    {
        base.Recycle();
        Request = null!;
        Answer = null;
    }

    protected abstract TAnswer WriteAnswer();
}
