using System.Globalization;
using BenchmarkDotNet.Running;

// A round of ten thousand rollouts has its own clock and its own figures: `dotnet run -c Release -- control-round [no-recording]`;
// `control-round routes [whole]` is of a thousand with fifty routes each for six minutes, and what their checkpoints write.
// So have window files, which loadtests/judge writes, judges and reads with its peers.
if (args is ["control-round", "routes", .. var how])
    await TrafficCtl.Benchmarks.ControlRound.RunAsync(
        records: true, routes: 50, keepsDeltas: how is not ["whole"], rollouts: 1000, rounds: 360);
else if (args is ["control-round", .. var rest]) await TrafficCtl.Benchmarks.ControlRound.RunAsync(records: rest is not ["no-recording"]);
else if (args is ["judge-files", var program, var directory, .. var windows])
    await TrafficCtl.Benchmarks.Windows.JudgeFiles.RunAsync(program, directory, windows);
else if (args is ["scrape", .. var services])
    await TrafficCtl.Benchmarks.Scrape.RunAsync(services is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 500);
else if (args is ["promotion-day", .. var seeds])
    return TrafficCtl.Benchmarks.Promotion.PromotionDay.Run(seeds is [var seed] ? int.Parse(seed, CultureInfo.InvariantCulture) : 1);
else if (args is ["kube-cache"]) await TrafficCtl.Benchmarks.PodCache.RunAsync();
else if (args is ["pod-server", var port, var pods])
    await TrafficCtl.Benchmarks.PodServer.RunAsync(
        int.Parse(port, CultureInfo.InvariantCulture), int.Parse(pods, CultureInfo.InvariantCulture));
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
