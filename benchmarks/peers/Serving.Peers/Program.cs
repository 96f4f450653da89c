using Serving.Peers;

// What the serving node and the gateway are measured against, each a process of its own:
//   Serving.Peers empty PORT | minimal PORT MODEL | mlnet PORT MODEL | yarp PORT TARGET
switch (args)
{
    case [EmptyServer.Verb, var port]:
        await EmptyServer.RunAsync(int.Parse(port));
        return 0;
    case [MinimalApi.Verb, var port, var model]:
        await MinimalApi.RunAsync(int.Parse(port), model);
        return 0;
    case [EnginePool.Verb, var port, var model]:
        await EnginePool.RunAsync(int.Parse(port), model);
        return 0;
    case [BareYarp.Verb, var port, var target]:
        await BareYarp.RunAsync(int.Parse(port), target);
        return 0;
    default:
        Console.Error.WriteLine("Serving.Peers empty PORT | minimal PORT MODEL | mlnet PORT MODEL | yarp PORT TARGET");
        return 2;
}
