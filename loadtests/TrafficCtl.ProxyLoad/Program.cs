using System.Runtime.InteropServices;
using TrafficCtl.ProxyLoad;
using TrafficCtl.ProxyLoad.Services;

using var stopping = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

if (args.Length < 1 || LoadOptions.Parse(args[1..]) is not { } options)
{
    await Console.Error.WriteLineAsync(LoadOptions.Usage);
    return 2;
}

try
{
    return args[0] switch
    {
        "startup" => await Startup.RunAsync(options, Console.Out, stopping.Token),
        "services" => await ManyServices.RunAsync(options, Console.Out, stopping.Token),
        _ => await SideBySide.RunAsync(options, Console.Out, stopping.Token),
    };
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("stopped");
    return 1;
}
catch (InvalidOperationException refused)
{
    await Console.Error.WriteLineAsync(refused.Message);
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stopping.Cancel();
}
