using BenchmarkDotNet.Running;

// A round of ten thousand rollouts has its own clock and its own figures: `dotnet run -c Release -- control-round`.
if (args is ["control-round"]) await TrafficCtl.Benchmarks.ControlRound.RunAsync();
else BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
