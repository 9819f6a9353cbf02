// drivers/can: the parameter groups of SAE J1939 that a city's vehicle needs, as data. In: nothing. Out: the table.
// Never: a group that is the same for no two makers (proprietary ones). Where the numbers come from: docs/j1939.md.
//
// A row: SPN, name, byte and bit (both from 1, as the standard counts), bits, then scale, offset and unit as on the wire
// (`number` x scale + offset). What leaves this room is in the units of `j1939-units.ts`.

export interface J1939Signal {
  readonly spn: number;
  readonly name: string;
  readonly byte: number;
  readonly bit: number;
  readonly bits: number;
  readonly scale: number;
  readonly offset: number;
  /** on the wire; '' for a count, code or state */
  readonly unit: string;
  /** the largest raw number that is a value, where the rule by width (`largestRaw`) does not hold */
  readonly largest?: number;
}

export interface J1939Group {
  readonly pgn: number;
  readonly name: string;
  readonly title: string;
  readonly signals: readonly J1939Signal[];
  /** a text in ASCII that ends with `*` */
  readonly text?: { readonly spn: number; readonly name: string };
  /** lamps and trouble codes follow (J1939-73) */
  readonly faults?: true;
}

type Place = number | readonly [byte: number, bit: number];

function signal(
  spn: number,
  name: string,
  at: Place,
  bits: number,
  scale = 1,
  offset = 0,
  unit = '',
  largest?: number,
): J1939Signal {
  const [byte, bit] = typeof at === 'number' ? [at, 1] : at;
  return { spn, name, byte, bit, bits, scale, offset, unit, ...(largest === undefined ? {} : { largest }) };
}

/** two bits: 0 off, 1 on, 2 error, 3 not available */
const state = (spn: number, name: string, byte: number, bit: number): J1939Signal => signal(spn, name, [byte, bit], 2);
/** 0.4 % per bit */
const percent = (spn: number, name: string, byte: number): J1939Signal => signal(spn, name, byte, 8, 0.4, 0, '%');
/** 1 % per bit from -125 % */
const torque = (spn: number, name: string, byte: number): J1939Signal => signal(spn, name, byte, 8, 1, -125, '%');
/** 1 degree per bit from -40 */
const degrees = (spn: number, name: string, byte: number): J1939Signal => signal(spn, name, byte, 8, 1, -40, 'degC');
/** 1/32 degree per bit from -273 */
const fineDegrees = (spn: number, name: string, byte: number): J1939Signal =>
  signal(spn, name, byte, 16, 1 / 32, -273, 'degC');
const turns = (spn: number, name: string, byte: number): J1939Signal => signal(spn, name, byte, 16, 0.125, 0, 'rpm');
const speed = (spn: number, name: string, byte: number): J1939Signal => signal(spn, name, byte, 16, 1 / 256, 0, 'km/h');
const volts = (spn: number, name: string, byte: number): J1939Signal => signal(spn, name, byte, 16, 0.05, 0, 'V');
const pressure = (spn: number, name: string, byte: number, kiloPascal: number): J1939Signal =>
  signal(spn, name, byte, 8, kiloPascal, 0, 'kPa');
/** an address of the bus: 254 and 255 are none */
const address = (spn: number, name: string, byte: number): J1939Signal => signal(spn, name, byte, 8, 1, 0, '', 253);
/** a number whose every value is one */
const whole = (spn: number, name: string, at: Place, bits: number): J1939Signal =>
  signal(spn, name, at, bits, 1, 0, '', 2 ** bits - 1);
const relativeSpeed = (spn: number, name: string, byte: number): J1939Signal =>
  signal(spn, name, byte, 8, 1 / 16, -7.8125, 'km/h');

/** lamps of DM1 and DM2; each lamp's flashing follows in the second byte */
const lamps: readonly J1939Signal[] = [
  state(987, 'ProtectLamp', 1, 1),
  state(624, 'AmberWarningLamp', 1, 3),
  state(623, 'RedStopLamp', 1, 5),
  state(1213, 'MalfunctionIndicatorLamp', 1, 7),
  state(3041, 'FlashProtectLamp', 2, 1),
  state(3040, 'FlashAmberWarningLamp', 2, 3),
  state(3039, 'FlashRedStopLamp', 2, 5),
  state(3038, 'FlashMalfunctionIndicatorLamp', 2, 7),
];

export const J1939_GROUPS: readonly J1939Group[] = [
  {
    pgn: 59904,
    name: 'RQST',
    title: 'Request',
    signals: [whole(2540, 'RequestedPgn', 1, 24)],
  },
  {
    pgn: 60928,
    name: 'AC',
    title: 'Address Claimed',
    signals: [
      whole(2837, 'IdentityNumber', 1, 21),
      whole(2838, 'ManufacturerCode', [3, 6], 11),
      whole(2840, 'EcuInstance', [5, 1], 3),
      whole(2839, 'FunctionInstance', [5, 4], 5),
      whole(2841, 'Function', 6, 8),
      whole(2842, 'VehicleSystem', [7, 2], 7),
      whole(2843, 'VehicleSystemInstance', [8, 1], 4),
      whole(2846, 'IndustryGroup', [8, 5], 3),
      whole(2844, 'ArbitraryAddressCapable', [8, 8], 1),
    ],
  },
  {
    pgn: 61441,
    name: 'EBC1',
    title: 'Electronic Brake Controller 1',
    signals: [
      state(561, 'AsrEngineControlActive', 1, 1),
      state(562, 'AsrBrakeControlActive', 1, 3),
      state(563, 'AntiLockBrakingActive', 1, 5),
      state(1121, 'EbsBrakeSwitch', 1, 7),
      percent(521, 'BrakePedalPosition', 2),
      state(1243, 'AbsFullyOperational', 6, 1),
      state(1439, 'EbsRedWarningSignal', 6, 3),
      state(1438, 'AbsEbsAmberWarningSignal', 6, 5),
    ],
  },
  {
    pgn: 61442,
    name: 'ETC1',
    title: 'Electronic Transmission Controller 1',
    signals: [
      state(560, 'TransmissionDrivelineEngaged', 1, 1),
      state(573, 'TransmissionTorqueConverterLockupEngaged', 1, 3),
      state(574, 'TransmissionShiftInProcess', 1, 5),
      turns(191, 'TransmissionOutputShaftSpeed', 2),
      percent(522, 'PercentClutchSlip', 4),
      turns(161, 'TransmissionInputShaftSpeed', 6),
    ],
  },
  {
    pgn: 61443,
    name: 'EEC2',
    title: 'Electronic Engine Controller 2',
    signals: [
      state(558, 'AcceleratorPedal1LowIdleSwitch', 1, 1),
      state(559, 'AcceleratorPedalKickdownSwitch', 1, 3),
      state(1437, 'RoadSpeedLimitStatus', 1, 5),
      percent(91, 'AcceleratorPedalPosition1', 2),
      signal(92, 'EnginePercentLoadAtCurrentSpeed', 3, 8, 1, 0, '%'),
      percent(974, 'RemoteAcceleratorPedalPosition', 4),
      percent(29, 'AcceleratorPedalPosition2', 5),
      percent(3357, 'ActualMaximumAvailableEnginePercentTorque', 7),
    ],
  },
  {
    pgn: 61444,
    name: 'EEC1',
    title: 'Electronic Engine Controller 1',
    signals: [
      // 14 is "other", a mode like the rest
      signal(899, 'EngineTorqueMode', 1, 4, 1, 0, '', 14),
      torque(512, 'DriversDemandEnginePercentTorque', 2),
      torque(513, 'ActualEnginePercentTorque', 3),
      turns(190, 'EngineSpeed', 4),
      address(1483, 'SourceAddressOfControllingDevice', 6),
      signal(1675, 'EngineStarterMode', 7, 4),
      torque(2432, 'EngineDemandPercentTorque', 8),
    ],
  },
  {
    pgn: 61445,
    name: 'ETC2',
    title: 'Electronic Transmission Controller 2',
    signals: [
      // negative is reverse, 0 neutral, 126 park
      signal(524, 'TransmissionSelectedGear', 1, 8, 1, -125, '', 251),
      signal(526, 'TransmissionActualGearRatio', 2, 16, 0.001),
      signal(523, 'TransmissionCurrentGear', 4, 8, 1, -125, '', 251),
    ],
  },
  {
    pgn: 65110,
    name: 'AT1T1I',
    title: 'Aftertreatment 1 Diesel Exhaust Fluid Tank 1 Information',
    signals: [
      percent(1761, 'AftertreatmentDieselExhaustFluidTankLevel', 1),
      degrees(3031, 'AftertreatmentDieselExhaustFluidTankTemperature', 2),
    ],
  },
  {
    pgn: 65132,
    name: 'TCO1',
    title: 'Tachograph',
    signals: [
      signal(1612, 'Driver1WorkingState', [1, 1], 3),
      signal(1613, 'Driver2WorkingState', [1, 4], 3),
      state(1611, 'VehicleMotion', 1, 7),
      signal(1617, 'Driver1TimeRelatedStates', [2, 1], 4),
      state(1615, 'DriverCardDriver1', 2, 5),
      state(1614, 'VehicleOverspeed', 2, 7),
      signal(1618, 'Driver2TimeRelatedStates', [3, 1], 4),
      state(1616, 'DriverCardDriver2', 3, 5),
      state(1622, 'SystemEvent', 4, 1),
      state(1621, 'HandlingInformation', 4, 3),
      state(1620, 'TachographPerformance', 4, 5),
      state(1619, 'DirectionIndicator', 4, 7),
      turns(1623, 'TachographOutputShaftSpeed', 5),
      speed(1624, 'TachographVehicleSpeed', 7),
    ],
  },
  {
    pgn: 65136,
    name: 'CVW',
    title: 'Combination Vehicle Weight',
    signals: [
      signal(1585, 'PoweredVehicleWeight', 1, 16, 10, 0, 'kg'),
      signal(1760, 'GrossCombinationVehicleWeight', 3, 16, 10, 0, 'kg'),
    ],
  },
  {
    pgn: 65198,
    name: 'AIR1',
    title: 'Air Supply Pressure',
    signals: [
      pressure(46, 'PneumaticSupplyPressure', 1, 8),
      pressure(1086, 'ParkingAndTrailerAirPressure', 2, 8),
      pressure(1087, 'ServiceBrakeCircuit1AirPressure', 3, 8),
      pressure(1088, 'ServiceBrakeCircuit2AirPressure', 4, 8),
      pressure(1089, 'AuxiliaryEquipmentSupplyPressure', 5, 8),
      pressure(1090, 'AirSuspensionSupplyPressure', 6, 8),
    ],
  },
  {
    pgn: 65213,
    name: 'FD',
    title: 'Fan Drive',
    signals: [
      percent(975, 'EstimatedPercentFanSpeed', 1),
      signal(977, 'FanDriveState', 2, 4),
      turns(1639, 'FanSpeed', 3),
    ],
  },
  {
    pgn: 65215,
    name: 'EBC2',
    title: 'Wheel Speed Information',
    signals: [
      speed(904, 'FrontAxleSpeed', 1),
      relativeSpeed(905, 'RelativeSpeedFrontAxleLeftWheel', 3),
      relativeSpeed(906, 'RelativeSpeedFrontAxleRightWheel', 4),
      relativeSpeed(907, 'RelativeSpeedRearAxle1LeftWheel', 5),
      relativeSpeed(908, 'RelativeSpeedRearAxle1RightWheel', 6),
      relativeSpeed(909, 'RelativeSpeedRearAxle2LeftWheel', 7),
      relativeSpeed(910, 'RelativeSpeedRearAxle2RightWheel', 8),
    ],
  },
  {
    pgn: 65217,
    name: 'VDHR',
    title: 'High Resolution Vehicle Distance',
    signals: [
      signal(917, 'HighResolutionTotalVehicleDistance', 1, 32, 5, 0, 'm'),
      signal(918, 'HighResolutionTripDistance', 5, 32, 5, 0, 'm'),
    ],
  },
  {
    pgn: 65226,
    name: 'DM1',
    title: 'Active Diagnostic Trouble Codes',
    signals: lamps,
    faults: true,
  },
  {
    pgn: 65227,
    name: 'DM2',
    title: 'Previously Active Diagnostic Trouble Codes',
    signals: lamps,
    faults: true,
  },
  {
    pgn: 65247,
    name: 'EEC3',
    title: 'Electronic Engine Controller 3',
    signals: [
      torque(514, 'NominalFrictionPercentTorque', 1),
      turns(515, 'EnginesDesiredOperatingSpeed', 2),
      torque(2978, 'EstimatedEngineParasiticLossesPercentTorque', 5),
    ],
  },
  {
    pgn: 65248,
    name: 'VD',
    title: 'Vehicle Distance',
    signals: [
      signal(244, 'TripDistance', 1, 32, 0.125, 0, 'km'),
      signal(245, 'TotalVehicleDistance', 5, 32, 0.125, 0, 'km'),
    ],
  },
  {
    pgn: 65253,
    name: 'HOURS',
    title: 'Engine Hours, Revolutions',
    signals: [
      signal(247, 'EngineTotalHoursOfOperation', 1, 32, 0.05, 0, 'h'),
      signal(249, 'EngineTotalRevolutions', 5, 32, 1000, 0, 'r'),
    ],
  },
  {
    pgn: 65254,
    name: 'TD',
    title: 'Time/Date',
    signals: [
      signal(959, 'Seconds', 1, 8, 0.25, 0, 's'),
      signal(960, 'Minutes', 2, 8),
      signal(961, 'Hours', 3, 8),
      signal(963, 'Month', 4, 8),
      signal(962, 'Day', 5, 8, 0.25),
      signal(964, 'Year', 6, 8, 1, 1985),
      signal(1601, 'LocalMinuteOffset', 7, 8, 1, -125, 'min'),
      signal(1602, 'LocalHourOffset', 8, 8, 1, -125, 'h'),
    ],
  },
  {
    pgn: 65256,
    name: 'VDS',
    title: 'Vehicle Direction/Speed',
    signals: [
      signal(165, 'CompassBearing', 1, 16, 1 / 128, 0, 'deg'),
      speed(517, 'NavigationBasedVehicleSpeed', 3),
      signal(583, 'Pitch', 5, 16, 1 / 128, -200, 'deg'),
      signal(580, 'Altitude', 7, 16, 0.125, -2500, 'm'),
    ],
  },
  {
    pgn: 65257,
    name: 'LFC1',
    title: 'Fuel Consumption (Liquid)',
    signals: [
      signal(182, 'EngineTripFuel', 1, 32, 0.5, 0, 'L'),
      signal(250, 'EngineTotalFuelUsed', 5, 32, 0.5, 0, 'L'),
    ],
  },
  {
    pgn: 65258,
    name: 'VW',
    title: 'Vehicle Weight',
    signals: [
      // upper four bits the axle from the front, lower four the tyre from the left
      signal(928, 'AxleLocation', 1, 8, 1, 0, '', 254),
      signal(582, 'AxleWeight', 2, 16, 0.5, 0, 'kg'),
      signal(180, 'TrailerWeight', 4, 16, 2, 0, 'kg'),
      signal(181, 'CargoWeight', 6, 16, 2, 0, 'kg'),
    ],
  },
  {
    pgn: 65260,
    name: 'VI',
    title: 'Vehicle Identification',
    signals: [],
    text: { spn: 237, name: 'VehicleIdentificationNumber' },
  },
  {
    pgn: 65262,
    name: 'ET1',
    title: 'Engine Temperature 1',
    signals: [
      degrees(110, 'EngineCoolantTemperature', 1),
      degrees(174, 'EngineFuelTemperature1', 2),
      fineDegrees(175, 'EngineOilTemperature1', 3),
      fineDegrees(176, 'EngineTurbochargerOilTemperature', 5),
      degrees(52, 'EngineIntercoolerTemperature', 7),
      percent(1134, 'EngineIntercoolerThermostatOpening', 8),
    ],
  },
  {
    pgn: 65263,
    name: 'EFL/P1',
    title: 'Engine Fluid Level/Pressure 1',
    signals: [
      pressure(94, 'EngineFuelDeliveryPressure', 1, 4),
      pressure(22, 'EngineExtendedCrankcaseBlowByPressure', 2, 0.05),
      percent(98, 'EngineOilLevel', 3),
      pressure(100, 'EngineOilPressure', 4, 4),
      signal(101, 'EngineCrankcasePressure', 5, 16, 1 / 128, -250, 'kPa'),
      pressure(109, 'EngineCoolantPressure', 7, 2),
      percent(111, 'EngineCoolantLevel', 8),
    ],
  },
  {
    pgn: 65264,
    name: 'PTODE',
    title: 'Power Takeoff Information',
    signals: [
      degrees(90, 'PowerTakeoffOilTemperature', 1),
      turns(186, 'PowerTakeoffSpeed', 2),
      turns(187, 'PowerTakeoffSetSpeed', 4),
      state(980, 'EnginePtoEnableSwitch', 6, 1),
      state(979, 'EngineRemotePtoPreprogrammedSpeedControlSwitch', 6, 3),
      state(978, 'EngineRemotePtoVariableSpeedControlSwitch', 6, 5),
      state(984, 'EnginePtoSetSwitch', 7, 1),
      state(983, 'EnginePtoCoastDecelerateSwitch', 7, 3),
      state(982, 'EnginePtoResumeSwitch', 7, 5),
      state(981, 'EnginePtoAccelerateSwitch', 7, 7),
    ],
  },
  {
    pgn: 65265,
    name: 'CCVS1',
    title: 'Cruise Control/Vehicle Speed 1',
    signals: [
      state(69, 'TwoSpeedAxleSwitch', 1, 1),
      state(70, 'ParkingBrakeSwitch', 1, 3),
      state(1633, 'CruiseControlPauseSwitch', 1, 5),
      speed(84, 'WheelBasedVehicleSpeed', 2),
      state(595, 'CruiseControlActive', 4, 1),
      state(596, 'CruiseControlEnableSwitch', 4, 3),
      state(597, 'BrakeSwitch', 4, 5),
      state(598, 'ClutchSwitch', 4, 7),
      state(599, 'CruiseControlSetSwitch', 5, 1),
      state(600, 'CruiseControlCoastSwitch', 5, 3),
      state(601, 'CruiseControlResumeSwitch', 5, 5),
      state(602, 'CruiseControlAccelerateSwitch', 5, 7),
      signal(86, 'CruiseControlSetSpeed', 6, 8, 1, 0, 'km/h'),
      // 0 off, 5 set, 31 not available
      signal(976, 'PtoGovernorState', [7, 1], 5, 1, 0, '', 30),
      // 7 is not available; 6 is reserved
      signal(527, 'CruiseControlStates', [7, 6], 3),
      state(968, 'EngineIdleIncrementSwitch', 8, 1),
      state(967, 'EngineIdleDecrementSwitch', 8, 3),
      state(966, 'EngineTestModeSwitch', 8, 5),
      state(1237, 'EngineShutdownOverrideSwitch', 8, 7),
    ],
  },
  {
    pgn: 65266,
    name: 'LFE1',
    title: 'Fuel Economy (Liquid)',
    signals: [
      signal(183, 'EngineFuelRate', 1, 16, 0.05, 0, 'L/h'),
      signal(184, 'EngineInstantaneousFuelEconomy', 3, 16, 1 / 512, 0, 'km/L'),
      signal(185, 'EngineAverageFuelEconomy', 5, 16, 1 / 512, 0, 'km/L'),
      percent(51, 'EngineThrottleValve1Position', 7),
    ],
  },
  {
    pgn: 65267,
    name: 'VP',
    title: 'Vehicle Position',
    signals: [signal(584, 'Latitude', 1, 32, 1e-7, -210, 'deg'), signal(585, 'Longitude', 5, 32, 1e-7, -210, 'deg')],
  },
  {
    pgn: 65268,
    name: 'TIRE',
    title: 'Tire Condition',
    signals: [
      signal(929, 'TireLocation', 1, 8, 1, 0, '', 254),
      pressure(241, 'TirePressure', 2, 4),
      fineDegrees(242, 'TireTemperature', 3),
    ],
  },
  {
    pgn: 65269,
    name: 'AMB',
    title: 'Ambient Conditions',
    signals: [
      pressure(108, 'BarometricPressure', 1, 0.5),
      fineDegrees(170, 'CabInteriorTemperature', 2),
      fineDegrees(171, 'AmbientAirTemperature', 4),
      degrees(172, 'EngineIntakeAirTemperature', 6),
      fineDegrees(79, 'RoadSurfaceTemperature', 7),
    ],
  },
  {
    pgn: 65270,
    name: 'IC1',
    title: 'Intake/Exhaust Conditions 1',
    signals: [
      pressure(81, 'DieselParticulateFilterIntakePressure', 1, 0.5),
      pressure(102, 'EngineIntakeManifold1Pressure', 2, 2),
      degrees(105, 'EngineIntakeManifold1Temperature', 3),
      pressure(106, 'EngineIntakeAirPressure', 4, 2),
      pressure(107, 'EngineAirFilter1DifferentialPressure', 5, 0.05),
      fineDegrees(173, 'EngineExhaustTemperature', 6),
      pressure(112, 'EngineCoolantFilterDifferentialPressure', 8, 0.5),
    ],
  },
  {
    pgn: 65271,
    name: 'VEP1',
    title: 'Vehicle Electrical Power 1',
    signals: [
      signal(114, 'NetBatteryCurrent', 1, 8, 1, -125, 'A'),
      signal(115, 'AlternatorCurrent', 2, 8, 1, 0, 'A'),
      volts(167, 'ChargingSystemPotential', 3),
      volts(168, 'BatteryPotential', 5),
      volts(158, 'KeyswitchBatteryPotential', 7),
    ],
  },
  {
    pgn: 65272,
    name: 'TRF1',
    title: 'Transmission Fluids 1',
    signals: [
      percent(124, 'TransmissionOilLevel', 2),
      pressure(127, 'TransmissionOilPressure', 4, 16),
      fineDegrees(177, 'TransmissionOilTemperature', 5),
    ],
  },
  {
    pgn: 65276,
    name: 'DD1',
    title: 'Dash Display 1',
    signals: [
      percent(80, 'WasherFluidLevel', 1),
      percent(96, 'FuelLevel1', 2),
      pressure(95, 'EngineFuelFilterDifferentialPressure', 3, 2),
      pressure(99, 'EngineOilFilterDifferentialPressure', 4, 0.5),
      fineDegrees(169, 'CargoAmbientTemperature', 5),
      percent(38, 'FuelLevel2', 7),
    ],
  },
  {
    pgn: 65279,
    name: 'WFI1',
    title: 'Water in Fuel Indicator',
    signals: [state(97, 'WaterInFuelIndicator', 1, 1)],
  },
];
