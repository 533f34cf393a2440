// pulumi-language-python lets the Pulumi engine run Python programs and policy packs in a virtual environment.
//
// It answers the calls of the engine that previews, updates and policy runs make; all others are "unimplemented".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"

	sdk "github.com/pulumi/pulumi/sdk/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The program exits with this code when it has told the user already what is wrong.
const alreadyTold = 32

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

func main() {
	if len(os.Args) < 2 {
		cmdutil.Exit(errors.New("usage: pulumi-language-python ENGINE_ADDRESS (started by the Pulumi engine)"))
	}
	engine := os.Args[len(os.Args)-1]
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	alive, cancelAlive := context.WithCancel(ctx)
	cancel := make(chan bool)
	go func() {
		<-alive.Done()
		close(cancel)
	}()
	if err := rpcutil.Healthcheck(alive, engine, 5*time.Minute, cancelAlive); err != nil {
		cmdutil.Exit(fmt.Errorf("the engine does not answer: %w", err))
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: engine})
			return nil
		},
	})
	if err != nil {
		cmdutil.Exit(fmt.Errorf("cannot serve: %w", err))
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		cmdutil.Exit(err)
	}
}

func (*host) Handshake(
	context.Context, *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (*host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names none: plugins come from PATH, or are fetched when the first resource asks for them.
func (*host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (*host) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

func (*host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// python resolves the virtual environment that the project file names.
func python(ctx context.Context, info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	virtualenv := ""
	if option, ok := info.GetOptions().AsMap()["virtualenv"]; ok {
		text, isText := option.(string)
		if !isText {
			return nil, fmt.Errorf("runtime option virtualenv: expected a folder's path, got %v", option)
		}
		virtualenv = text
	}
	chain, err := toolchain.ResolveToolchain(toolchain.PythonOptions{
		Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory(),
		Virtualenv: virtualenv, Toolchain: toolchain.Pip,
	})
	if err != nil {
		return nil, err
	}
	return chain, chain.ValidateVenv(ctx)
}

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	chain, err := python(ctx, req.GetInfo())
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	config, secretKeys := req.GetConfig(), req.GetConfigSecretKeys()
	if config == nil {
		config = map[string]string{}
	}
	if secretKeys == nil {
		secretKeys = []string{}
	}
	configJSON, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	secretJSON, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	args := []string{
		"-u", filepath.Join(filepath.Dir(self), "pulumi-language-python-exec"),
		"--monitor", req.GetMonitorAddress(), "--engine", h.engine,
		"--project", req.GetProject(), "--stack", req.GetStack(), "--organization", req.GetOrganization(),
		"--root_directory", req.GetInfo().GetRootDirectory(), "--pwd", req.GetPwd(),
		"--dry_run", strconv.FormatBool(req.GetDryRun()), "--parallel", strconv.Itoa(int(req.GetParallel())),
		filepath.Join(req.GetInfo().GetProgramDirectory(), req.GetInfo().GetEntryPoint()),
	}
	command, err := chain.Command(ctx, append(args, req.GetArgs()...)...)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = append(environment(command),
		"PULUMI_CONFIG="+string(configJSON), "PULUMI_CONFIG_SECRET_KEYS="+string(secretJSON))
	switch code, err := run(command); {
	case err != nil:
		return nil, err
	case code == 0:
		return &pulumirpc.RunResponse{}, nil
	case code == alreadyTold:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program exited with code %d", code)}, nil
	}
}

// RunPlugin runs a policy pack, or another plugin written in Python.
func (h *host) RunPlugin(
	req *pulumirpc.RunPluginRequest, server grpc.ServerStreamingServer[pulumirpc.RunPluginResponse],
) error {
	ctx := server.Context()
	chain, err := python(ctx, req.GetInfo())
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()

	program := filepath.Join(req.GetInfo().GetProgramDirectory(), req.GetInfo().GetEntryPoint())
	var code int
	if req.GetKind() != "analyzer" {
		command, err := chain.Command(ctx, append([]string{"-u", program}, req.GetArgs()...)...)
		if err != nil {
			return err
		}
		command.Dir, command.Stdout, command.Stderr = req.GetPwd(), stdout, stderr
		command.Env = append(environment(command), req.GetEnv()...)
		if code, err = run(command); err != nil {
			return err
		}
	} else {
		// The Python policy SDK learns stack and configuration from the environment of its process, so the process
		// starts when the engine has sent them to the proxy.
		proxy, packOut, err := sdk.NewPolicyProxy(ctx, stdout)
		if err != nil {
			return err
		}
		stack, err := proxy.AwaitConfiguration(ctx)
		if err != nil {
			return err
		}
		command, err := chain.ModuleCommand(ctx, "pulumi.policy", h.engine, program)
		if err != nil {
			return err
		}
		command.Dir, command.Stdout, command.Stderr = req.GetInfo().GetProgramDirectory(), packOut, stderr
		command.Env = append(environment(command), req.GetEnv()...)
		if stack != nil {
			config, err := json.Marshal(stack.GetConfig())
			if err != nil {
				return err
			}
			command.Env = append(command.Env,
				"PULUMI_PROJECT="+stack.GetProject(), "PULUMI_STACK="+stack.GetStack(),
				"PULUMI_ORGANIZATION="+stack.GetOrganization(),
				"PULUMI_DRY_RUN="+strconv.FormatBool(stack.GetDryRun()))
			if len(stack.GetConfig()) > 0 {
				command.Env = append(command.Env, "PULUMI_CONFIG="+string(config))
			}
		}
		if err := command.Start(); err != nil {
			return err
		}
		err = proxy.Attach(ctx, command)
		if code, err = exitCode(err); err != nil {
			return err
		}
	}
	return server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)},
	})
}

func environment(command *exec.Cmd) []string {
	if command.Env != nil {
		return command.Env
	}
	return os.Environ()
}

func run(command *exec.Cmd) (int, error) {
	return exitCode(command.Run())
}

// exitCode tells a process that ended with a code from one that could not run.
func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	default:
		return 0, status.Error(codes.Internal, err.Error())
	}
}
