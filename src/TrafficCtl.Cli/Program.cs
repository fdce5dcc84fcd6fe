using TrafficCtl.Cli;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Streams;

StandardStreams.Hold();
if (await Child.RunAsync(args) is { } done) return done;
return await App.RunAsync(args, Surroundings.OfProcess(), CancellationToken.None);
