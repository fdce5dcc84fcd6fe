using TrafficCtl.ApiLoad;
using TrafficCtl.ApiLoad.Fuzzing;
using TrafficCtl.ApiLoad.Serving;
using TrafficCtl.ApiLoad.Watching;

// Load and odd input for the admin API of a daemon in a process of its own.
return args switch
{
    ["serve", var folder] => await ServedDaemon.RunAsync(folder),
    ["fuzz", .. var rest] when Arguments.TryRead(rest, ["seed", "inputs", "protocol"], out var read) => await FuzzCommand.RunAsync(read),
    ["watches", .. var rest] when Arguments.TryRead(rest, ["watches", "seconds"], out var read) => await UnreadWatches.RunAsync(read),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: fuzz [--seed 1] [--inputs 200000] [--protocol both|http|grpc]");
    Console.Error.WriteLine("       watches [--watches 64] [--seconds 90]");
    return 2;
}
